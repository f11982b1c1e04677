//! Findings: recorded under the case they are about, one taking the place of another, and listed.

mod guards;

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use super::access::Purpose;
use super::beside::{BesideRecord, ReadDocument};
use super::caller::Caller;
use super::command::{FindingContent, FindingName, ListFindings, RecordFinding};
use super::damage::Damage;
use super::decision::ATTEMPT_COUNT_MAX;
use super::error::{AppError, Forbidden};
use super::paging::{count, rows};
use super::record::{Asked, Opened};
use super::result::{Acknowledged, Listed};
use super::sampling::name_of;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::record::EntryKind;
use crate::log::{LogIndex, Origin};
use crate::reader::{FromJson as _, need};
use crate::rules::calendar::Date;
use crate::store::{LogRow, PAGE_ROW_COUNT_MAX};

/// Most bytes of the findings of one page: below the largest message, with room for the rest.
const PAGE_SIZE_MAX_BYTES: usize = 3 * 1024 * 1024;

/// What a finding takes in an answer beside its document: the names of it and of the determination, index and time.
const FINDING_OVERHEAD_BYTES: usize = 512;

/// A finding just recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRecorded {
    /// Its name; none for a dry run.
    pub name: Option<FindingName>,
    /// The record; none for a dry run.
    pub acknowledged: Option<Acknowledged>,
}

/// A finding that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name.
    pub name: FindingName,
    /// Its entry.
    pub index: LogIndex,
    /// When it was logged, seconds since 1970.
    pub logged_seconds: i64,
    /// The log of the determination: this one, or that of an earlier epoch.
    pub determination_origin: Origin,
    /// The entry of the determination in that log.
    pub determination_index: LogIndex,
    /// What the determination pays a month.
    pub paid_fen: u64,
    /// What it says.
    pub content: FindingContent,
}

impl App {
    /// Records what two auditors found in a determination, if all guards allow it.
    ///
    /// # Errors
    /// [`AppError::NotAllowed`] with every reason.
    pub async fn record_finding(&self, caller: &Caller, command: RecordFinding) -> Result<FindingRecorded, AppError> {
        let area = command.content.determination.case.area;
        let asked = App::asked(area, caller, &command.request_id, &command.to_json());
        // One after the other, so that two findings cannot take the place of the same one.
        let _turn = self.turn(area).await;
        if let Some(first) = self.answered(&asked).await? {
            return recorded(first);
        }
        // An erasure or a restriction may come between: what is sealed with the case's key is made anew or refused.
        for _ in 0..ATTEMPT_COUNT_MAX {
            match self.record_finding_once(caller, &asked, &command).await {
                Err(AppError::CaseChanged) => {}
                done => return done,
            }
        }
        Err(AppError::CaseChanged)
    }

    /// Records a finding on the case as it is now; [`AppError::CaseChanged`] if others came first.
    async fn record_finding_once(
        &self,
        caller: &Caller,
        asked: &Asked,
        command: &RecordFinding,
    ) -> Result<FindingRecorded, AppError> {
        let content = &command.content;
        let name = content.determination;
        let reviewed = self.determination_named(&name).await?;
        let subject = self.subject(content, &reviewed).await?;
        let violations = guards::violations(content, &subject);
        if !violations.is_empty() {
            return Err(AppError::NotAllowed {
                what: Forbidden::Finding,
                violations,
            });
        }
        if command.validate_only {
            return Ok(FindingRecorded {
                name: None,
                acknowledged: None,
            });
        }
        let (keys, version) = self.content_keys(name.case).await?;
        let new = BesideRecord {
            kind: EntryKind::Finding,
            documents: vec![("finding", document(caller, content, &reviewed, &subject).to_bytes())],
            keys: Some(&keys),
            new_keys: Vec::new(),
            case: Some((name.case.case, version)),
        };
        recorded(self.append_beside(asked, new).await?)
    }

    /// What the guards have to know of the determination.
    async fn subject(&self, content: &FindingContent, reviewed: &Opened) -> Result<guards::Subject, AppError> {
        let facts = reviewed.json("facts")?;
        let decision: Json = need(&facts, "decision").map_err(|_| reviewed.damaged("facts"))?;
        let frame = reviewed.json("frame")?;
        let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_text).unwrap_or_default().to_owned();
        let decider = facts
            .get("decided_by")
            .map(|officer| text(officer, "id"))
            .unwrap_or_default();
        let area = reviewed.row.area;
        let in_sample = match &content.period {
            None => None,
            Some(period) => {
                let samples = self.samples(area).await?;
                let round = samples.round(period);
                let selection = self.selection(&samples, &round).await?;
                // A sample is of the newest log: an index of an earlier epoch's is another entry there.
                let is_own = samples.log.is_some_and(|log| log.log_id == reviewed.log.log_id);
                let holds = selection.is_some_and(|(_, _, selection)| selection.holds(reviewed.acknowledged.index));
                Some(is_own && holds)
            }
        };
        let standing = self.standing_finding(reviewed).await?;
        let corrects = match content.correction {
            None => None,
            Some(correction) => Some(self.corrects(&correction, reviewed).await?),
        };
        Ok(guards::Subject {
            decider,
            township: text(&frame, "township"),
            amount_fen: frame
                .get("amount_fen")
                .and_then(Json::as_integer)
                .and_then(|fen| u64::try_from(fen).ok())
                .unwrap_or(0),
            is_paid: !text(&frame, "programme").is_empty(),
            decided_on: decision
                .get("date")
                .and_then(Date::from_json)
                .ok_or_else(|| reviewed.damaged("facts"))?,
            in_sample,
            standing,
            corrects,
        })
    }

    /// Whether a determination is the correction of another.
    async fn corrects(
        &self,
        correction: &super::command::DeterminationName,
        reviewed: &Opened,
    ) -> Result<bool, AppError> {
        let found = self
            .record(correction.case.area, correction.record, &correction.to_string())
            .await;
        let opened = match found {
            Ok(opened) => opened,
            Err(AppError::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let named = opened.row.case_id.as_deref() == Some(&correction.case.case.to_string());
        if !named || opened.entry.kind().known() != Some(EntryKind::Correction) {
            return Ok(false);
        }
        let corrects = opened.json("facts")?;
        let corrects = corrects.get("corrects").and_then(Json::as_text);
        Ok(corrects == Some(&reviewed.row.record_id.to_string()))
    }

    /// The finding that stands for a determination: the last one, in its own log or in that of a later epoch.
    async fn standing_finding(&self, reviewed: &Opened) -> Result<Option<Finding>, AppError> {
        let kinds = [EntryKind::Finding.name().to_owned()];
        let case = reviewed.row.case_id.as_deref();
        let mut standing = None;
        let mut after = None;
        loop {
            let rows = self
                .store
                .records(reviewed.row.area, case, &kinds, after, PAGE_ROW_COUNT_MAX)
                .await?;
            let Some(last) = rows.last() else { return Ok(standing) };
            after = Some((last.log_id, last.index));
            for row in &rows {
                let log = self.log_row(row.log_id).await?;
                let at = (row.index.get(), row.index.size_with().get());
                for found in self.store.records_with(log.log_id, &kinds, "finding", at, 1).await? {
                    let found = finding(self.read_document(&log, found)?)?;
                    let of_it = |found: &Finding| {
                        found.determination_origin == reviewed.log.origin
                            && found.determination_index == reviewed.acknowledged.index
                    };
                    standing = found.filter(of_it).or(standing);
                }
            }
        }
    }

    /// The finding that stands for each determination of a log that was reviewed for a sample, by the determination's
    /// index. Whichever sample that was: there is one truth about a determination, and every sample that holds it counts
    /// the same.
    pub(super) async fn sampled_findings(&self, log: &LogRow) -> Result<BTreeMap<LogIndex, Finding>, AppError> {
        let size = self.log_head(log.log_id).await?.size;
        let (mut newest, mut sampled) = (BTreeMap::new(), BTreeSet::new());
        self.read_documents(log, &[EntryKind::Finding], "finding", (0, size.get()), |read| {
            if read.row.record.is_closed() {
                return Ok(());
            }
            // An erased finding says nothing any more.
            let found = finding(read)?;
            // One on a decision of an earlier epoch is about another entry than that of its index here.
            if let Some(finding) = found.filter(|finding| finding.determination_origin == log.origin) {
                if finding.content.period.is_some() {
                    sampled.insert(finding.determination_index);
                }
                newest.insert(finding.determination_index, finding);
            }
            Ok(())
        })
        .await?;
        newest.retain(|determination, _| sampled.contains(determination));
        Ok(newest)
    }

    /// Lists findings in the order of the log. Of a case that is erased or restricted there is none.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn list_findings(&self, caller: &Caller, command: ListFindings) -> Result<Listed<Finding>, AppError> {
        let area: AreaCode = command.area.without_township();
        let log = self.log_of(area, crate::log::TreeSize::EMPTY).await?;
        let size = self.log_head(log.log_id).await?.size;
        let period = command.period.as_ref().map_or("", |period| period.as_str());
        let scope = Json::object([
            ("list", Json::from("findings")),
            ("log", log.origin.to_string().into()),
            ("period", period.into()),
        ]);
        let from = match self.cursor(&scope, &command.page)? {
            None => 0,
            Some(cursor) => count(&cursor, "next")?,
        };
        let kinds = [EntryKind::Finding.name().to_owned()];
        let range = (from, size.get());
        let found = self
            .store
            .records_with(log.log_id, &kinds, "finding", range, rows(&command.page))
            .await?;
        let (mut items, mut shown, mut row_count, mut size_bytes, mut next) = (Vec::new(), Vec::new(), 0, 0, None);
        for row in found {
            let index = row.record.index;
            let record = row.record.clone();
            let read = if record.is_closed() {
                None
            } else {
                Some(self.read_document(&log, row)?)
            };
            let document = read.as_ref().and_then(|read| read.document.as_ref());
            let document_bytes = document.map_or(0, |document| document.content.len());
            let wanted = |finding: &Finding| command.period.is_none() || finding.content.period == command.period;
            let found = read.map(finding).transpose()?.flatten().filter(wanted);
            if found.is_some() {
                size_bytes += document_bytes + FINDING_OVERHEAD_BYTES;
            }
            let fits = row_count == 0 || size_bytes <= PAGE_SIZE_MAX_BYTES;
            if row_count == usize::from(command.page.size) || !fits {
                let cursor = Json::object([("next", Json::integer(index.get().into()))]);
                next = Some(self.page_token(&scope, &cursor)?);
                break;
            }
            row_count += 1;
            if let Some(found) = found {
                shown.push(record);
                items.push(found);
            }
        }
        self.accessed(caller, Purpose::ListFindings, &shown).await?;
        Ok(Listed { items, next })
    }
}

/// The document that is sealed: what the auditors say, and which entry they say it of.
fn document(caller: &Caller, content: &FindingContent, reviewed: &Opened, subject: &guards::Subject) -> Json {
    let mut members = content.to_json().as_object().cloned().unwrap_or_default();
    let place = Json::object([
        ("origin", Json::text(reviewed.log.origin.to_string())),
        ("index", Json::integer(reviewed.acknowledged.index.get().into())),
        (
            "leaf_hash",
            Json::text(crate::log::merkle::leaf_hash(&reviewed.acknowledged.entry).to_string()),
        ),
    ]);
    members.insert("v".to_owned(), Json::Int(1));
    members.insert("of".to_owned(), place);
    members.insert("paid_fen".to_owned(), Json::integer(subject.amount_fen.into()));
    members.insert("caller".to_owned(), caller.principal.as_str().into());
    Json::Object(members)
}

fn recorded(opened: Opened) -> Result<FindingRecorded, AppError> {
    let of = name_of(&opened.row)?;
    Ok(FindingRecorded {
        name: Some(FindingName {
            case: of.case,
            record: of.record,
        }),
        acknowledged: Some(opened.acknowledged),
    })
}

/// A finding as it was read; none if it is erased.
fn finding(read: ReadDocument) -> Result<Option<Finding>, AppError> {
    let Some(document) = read.document else {
        return Ok(None);
    };
    let damaged = || AppError::from(Damage::of_record(&read.row.record, Some("finding")));
    let corrupt = |_| damaged();
    let json = Json::parse_canonical(&document.content).map_err(|_| damaged())?;
    let of = name_of(&read.row.record)?;
    let place: Json = need(&json, "of").map_err(corrupt)?;
    Ok(Some(Finding {
        name: FindingName {
            case: of.case,
            record: of.record,
        },
        index: read.row.record.index,
        logged_seconds: read.entry.logged_seconds(),
        determination_origin: need::<String>(&place, "origin")
            .map_err(corrupt)?
            .parse()
            .map_err(|_| damaged())?,
        determination_index: LogIndex::new(need(&place, "index").map_err(corrupt)?).map_err(|_| damaged())?,
        paid_fen: need(&json, "paid_fen").map_err(corrupt)?,
        content: FindingContent::from_json(&json).map_err(corrupt)?,
    }))
}
