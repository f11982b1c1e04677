//! Telling what the service answers: outcome, clause, calendar, receipt, replay.

use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::AREA;
use super::households::{Call, Household};
use crate::api::pb;
use crate::api::pb::audit_service_client::AuditServiceClient;
use crate::api::pb::determination_service_client::DeterminationServiceClient;
use crate::api::pb::exit_service_client::ExitServiceClient;
use crate::api::pb::review_service_client::ReviewServiceClient;
use crate::cli::{BAD, BOLD, DIM, Exit, Failure, GOOD, Out, Outcome, WARN};
use crate::log::acknowledgement::{AcknowledgedDocument, Acknowledgement};
use crate::log::note::VerifierKey;
use crate::log::record::Salt;
use crate::rules::money::Fen;

/// The clients, and what was found so far.
pub struct Story<'o> {
    out: &'o Out,
    determinations: DeterminationServiceClient<Channel>,
    reviews: ReviewServiceClient<Channel>,
    exits: ExitServiceClient<Channel>,
    audit: AuditServiceClient<Channel>,
    key: VerifierKey,
    receipts: u32,
    replays: u32,
    wrong: u32,
}

/// An answer worth telling: the determination, or why the act may not take effect.
type Answer = (Option<pb::Determination>, Option<pb::Acknowledgement>);

impl<'o> Story<'o> {
    /// Asks for the log's public key, as an auditor has it from elsewhere.
    pub async fn new(channel: Channel, out: &'o Out) -> Result<Story<'o>, Failure> {
        let mut audit = AuditServiceClient::new(channel.clone());
        let request = pb::GetCheckpointRequest {
            area: AREA.to_owned(),
            ..Default::default()
        };
        let checkpoint = audit
            .get_checkpoint(request)
            .await
            .map_err(|status| failed(&status))?
            .into_inner();
        let key = checkpoint.verifier_key.parse();
        Ok(Story {
            out,
            determinations: DeterminationServiceClient::new(channel.clone()),
            reviews: ReviewServiceClient::new(channel.clone()),
            exits: ExitServiceClient::new(channel),
            audit,
            key: key.map_err(|_| Failure::failed("the log's public key does not read"))?,
            receipts: 0,
            replays: 0,
            wrong: 0,
        })
    }

    /// Makes a household's calls and tells each answer.
    pub async fn tell(&mut self, household: Household) -> Result<(), Failure> {
        self.out.line(format_args!("\n{BOLD}{}{BOLD:#}", household.title));
        let mut case = String::new();
        for call in household.calls {
            match self.call(call, &mut case).await {
                Ok((determination, acknowledgement)) => {
                    let name = determination.as_ref().map(|found| found.name.clone());
                    if let Some(determination) = &determination {
                        self.determination(determination);
                    }
                    self.prove(acknowledgement, name).await?;
                }
                Err(status) if status.code() == Code::FailedPrecondition => self.held(&status),
                Err(status) => return Err(failed(&status)),
            }
        }
        Ok(())
    }

    async fn call(&mut self, call: Call, case: &mut String) -> Result<Answer, Status> {
        Ok(match call {
            Call::Import(request) => {
                let answer = self.determinations.import_case(request).await?.into_inner();
                case.clone_from(&answer.case);
                self.out
                    .line("  ← 从原登记转入，低保在保 · taken over from an old register, on dibao");
                (None, answer.acknowledgement)
            }
            Call::Determine(request) => {
                let answer = self.determinations.determine(request).await?.into_inner();
                (answer.determination, answer.acknowledgement)
            }
            Call::Review(mut request) => {
                request.case.clone_from(case);
                let answer = self.reviews.review(request).await?.into_inner();
                (answer.determination, answer.acknowledgement)
            }
            Call::Exit(mut request) => {
                request.case.clone_from(case);
                let answer = self.exits.decide_exit(request).await?.into_inner();
                (answer.determination, answer.acknowledgement)
            }
        })
    }

    fn determination(&self, found: &pb::Determination) {
        let Some(household) = &found.household else { return };
        let date = found.decision_date.map(day).unwrap_or_default();
        self.decided(&format!("{date} "), household);
        for member in &found.members {
            if let Some(decided) = &member.decided {
                self.decided("成员 member: ", decided);
            }
        }
        for held in found.entitlements.iter().filter(|held| held.to.is_some()) {
            for month in months(held.from, held.to) {
                self.out
                    .line(format_args!("      {DIM}{month}{DIM:#}  {} 元", yuan(held.amount_fen)));
            }
        }
        for missing in &found.missing_facts {
            self.out.line(format_args!(
                "      {WARN}缺少事实 missing{WARN:#} {} {}",
                missing.path, missing.at
            ));
        }
        for missing in &found.missing_rules {
            let date = missing.date.map(day).unwrap_or_default();
            self.out.line(format_args!(
                "      {WARN}没有加载规定 no rule{WARN:#} {} {date}",
                missing.rule
            ));
        }
        for due in &found.due_dates {
            let date = due.date.map(day).unwrap_or_default();
            self.out
                .line(format_args!("      {DIM}到期 due {date} {}{DIM:#}", due.schedule));
        }
        if !found.samples.is_empty() {
            self.out.line(format_args!(
                "      {WARN}样例 sample values{WARN:#} {}",
                found.samples.join(", ")
            ));
        }
        self.out.document(&serde_json::json!({
            "determination": found.name,
            "outcome": household.outcome().as_str_name(),
            "amount_fen": household.amount_fen,
            "samples": found.samples,
        }));
    }

    fn decided(&self, before: &str, decided: &pb::Decided) {
        let amount = decided
            .amount_fen
            .map(|fen| format!("，每月 {} 元", yuan(fen)))
            .unwrap_or_default();
        let from = decided
            .from
            .map(|from| format!("，自 {} 起", month(from)))
            .unwrap_or_default();
        let words = words(decided.outcome());
        self.out.line(format_args!(
            "  → {before}{BOLD}{words}{BOLD:#}{amount}{from} {DIM}{}{DIM:#}",
            decided.reason
        ));
        if let Some(cited) = &decided.citation {
            let kind = if cited.quoted { "原文" } else { "摘要" };
            self.out.line(format_args!(
                "      {}《{}》{}：{DIM}（{kind}）{}{DIM:#}",
                cited.number, cited.title, cited.article, cited.text
            ));
        }
    }

    /// An act that the law holds back: recorded as a proposal, refused to take effect.
    fn held(&self, status: &Status) {
        self.out.line(format_args!(
            "  → {WARN}暂不生效 held back{WARN:#} {}",
            status.message()
        ));
        let details = status.get_error_details();
        for violation in details
            .precondition_failure()
            .into_iter()
            .flat_map(|failure| &failure.violations)
        {
            self.out.line(format_args!(
                "      {} {} {DIM}{}{DIM:#}",
                violation.r#type, violation.subject, violation.description
            ));
        }
        self.out.document(&serde_json::json!({ "held": status.message() }));
    }

    /// Verifies the receipt with the log's public key alone, and has the determination replayed.
    async fn prove(&mut self, found: Option<pb::Acknowledgement>, name: Option<String>) -> Result<(), Failure> {
        let Some(found) = found else { return Ok(()) };
        let index = found.index;
        self.receipts += 1;
        let receipt = match outsider(found).map(|file| file.verify(std::slice::from_ref(&self.key))) {
            Some(Ok(_)) => format!("{GOOD}回执有效 receipt holds{GOOD:#}"),
            Some(Err(_)) | None => {
                self.wrong += 1;
                format!("{BAD}回执无效 receipt does not hold{BAD:#}")
            }
        };
        let Some(name) = name else {
            self.out
                .line(format_args!("      日志第 {index} 条 entry {index}: {receipt}"));
            return Ok(());
        };
        let request = pb::ReplayRequest { determination: name };
        let replay = self
            .audit
            .replay(request)
            .await
            .map_err(|status| failed(&status))?
            .into_inner();
        self.replays += 1;
        let replayed = if replay.equal {
            format!("{GOOD}重放一致 replays to the same bytes{GOOD:#}")
        } else {
            self.wrong += 1;
            format!("{BAD}重放不一致 replay differs{BAD:#}")
        };
        self.out.line(format_args!(
            "      日志第 {index} 条 entry {index}: {receipt}, {replayed}"
        ));
        Ok(())
    }

    /// The sum of it.
    pub fn end(self) -> Outcome {
        self.out.line(format_args!(
            "\n{} receipts verified, {} determinations replayed, {} wrong",
            self.receipts, self.replays, self.wrong
        ));
        self.out
            .document(&serde_json::json!({ "receipts": self.receipts, "replays": self.replays, "wrong": self.wrong }));
        Ok(if self.wrong == 0 { Exit::Done } else { Exit::Refuted })
    }
}

/// What an outsider holds: the acknowledgement as a file.
fn outsider(found: pb::Acknowledgement) -> Option<Acknowledgement> {
    let document = |opened: pb::OpenedDocument| {
        Some(AcknowledgedDocument {
            name: opened.name,
            salt: Salt::from_bytes(opened.salt.try_into().ok()?),
            content: opened.content,
        })
    };
    Some(Acknowledgement {
        entry: found.entry,
        documents: found.documents.into_iter().map(document).collect::<Option<_>>()?,
        receipt: found.receipt,
        origin: Some(found.origin),
        index: crate::log::LogIndex::new(found.index).ok(),
    })
}

fn words(outcome: pb::Outcome) -> &'static str {
    match outcome {
        pb::Outcome::Unspecified => "?",
        pb::Outcome::Dibao => "低保 dibao",
        pb::Outcome::Tekun => "特困供养 tekun",
        pb::Outcome::SingleDibao => "单人户低保 single-person dibao",
        pb::Outcome::Grace => "渐退 grace",
        pb::Outcome::Stop => "终止 stop",
        pb::Outcome::Edge => "低保边缘 edge",
        pb::Outcome::Rigid => "刚性支出困难 rigid spending",
        pb::Outcome::OtherLowIncome => "其他低收入 other low income",
        pb::Outcome::Refused => "不予确认 refused",
        pb::Outcome::ProposedEntry => "拟纳入 proposed entry",
        pb::Outcome::ProposedIncrease => "拟增发 proposed increase",
        pb::Outcome::ProposedSame => "拟继续 proposed, unchanged",
        pb::Outcome::ProposedDecrease => "拟减发 proposed decrease",
        pb::Outcome::ProposedStop => "拟终止 proposed stop",
        pb::Outcome::NeedsFacts => "需要补充事实 needs facts",
        pb::Outcome::NeedsRule => "需要规定 needs a rule",
        pb::Outcome::Error => "无法计算 error",
    }
}

fn failed(status: &Status) -> Failure {
    Failure::failed(format!("{:?}: {}", status.code(), status.message()))
}

fn yuan(fen: i64) -> String {
    Fen::new(fen).unwrap_or_default().to_string()
}

fn day(date: pb::Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

fn month(date: pb::Date) -> String {
    format!("{:04}-{:02}", date.year, date.month)
}

fn months(from: Option<pb::Date>, to: Option<pb::Date>) -> Vec<String> {
    let count = |date: pb::Date| date.year * 12 + date.month - 1;
    let (Some(from), Some(to)) = (from.map(count), to.map(count)) else {
        return Vec::new();
    };
    (from..=to)
        .map(|month| format!("{:04}-{:02}", month / 12, month % 12 + 1))
        .collect()
}
