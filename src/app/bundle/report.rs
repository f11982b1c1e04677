//! What a verification says in the end: complete enough that a report for people can be made from its JSON alone.
//!
//! `REPORT.md` beside this file says what each member means.

use std::collections::BTreeMap;

use super::fold::Folded;
use super::laws::BundleLaws;
use super::tile::cause;
use super::unchecked::NotChecked;
use super::violation::Violations;
use crate::canonical::Json;
use crate::log::bundle::{Head, Manifest, Why, specifications};
use crate::log::sample::{Called, DrawnStratum, METHOD, Period, Redrawn};
use crate::log::{Hash, LogIndex};

/// First member of the report.
pub const REPORT_FORMAT: &str = "doudi-verification/1";

/// How the replay of a unit of a sample ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitState {
    /// The same bytes.
    Equal,
    /// Other bytes.
    Different,
    /// The bundle says why it is not opened.
    Unopened(Why),
    /// It is not opened, and nothing says why.
    Absent,
}

/// A unit of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its replay.
    pub state: UnitState,
    /// The entry of the finding that stands for it.
    pub finding: Option<LogIndex>,
}

/// A sample that was drawn again.
#[derive(Clone, Debug)]
pub struct SampleReport {
    /// The period.
    pub period: Period,
    /// Whether the log records what the seed draws.
    pub agrees: bool,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// The sample; none if it cannot be drawn.
    pub redrawn: Option<Redrawn>,
    /// Its units and reserves.
    pub units: BTreeMap<LogIndex, Unit>,
}

/// A witness that cosigned the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The name of its key.
    pub name: String,
    /// When, Unix seconds.
    pub at_seconds: u64,
}

/// What the signatures of the checkpoint are worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// Keys that signed, of those that the auditor gave.
    pub keys: Vec<String>,
    /// Witnesses of the auditor's policy that cosigned.
    pub witnesses: Vec<Cosigned>,
    /// Whether the policy asks for witnesses, and whether those it asks for have cosigned.
    pub quorum: Option<bool>,
}

/// What a verification found.
#[derive(Debug)]
pub struct Report {
    pub(super) manifest: Manifest,
    pub(super) manifest_hash: Hash,
    pub(super) bytes: u64,
    pub(super) signed: Signed,
    /// The head that the auditor kept, and whether the log continues it.
    pub(super) previous: Option<(Head, bool)>,
    pub(super) root: Option<Hash>,
    pub(super) folded: Folded,
    pub(super) laws: BundleLaws,
    pub(super) samples: Vec<SampleReport>,
    /// Periods that the log holds samples of and the bundle does not answer for.
    pub(super) other_samples: Vec<Period>,
    /// The checkpoint as it is in the bundle.
    pub(super) note: String,
}

impl Report {
    /// All that does not verify.
    #[must_use]
    pub fn violations(&self) -> &Violations {
        &self.folded.violations
    }

    /// Whether all of it verifies.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.violations().count() == 0
    }

    /// The signed checkpoint, for the auditor to keep, if it verified and the tree is its own.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&str> {
        let good = !self.signed.keys.is_empty() && self.root == Some(self.manifest.head.root);
        good.then_some(self.note.as_str())
    }

    /// What the maker says.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &[SampleReport] {
        &self.samples
    }

    /// Decisions in the log, decisions opened and decided again, and those of the latter that differ.
    #[must_use]
    pub fn decisions(&self) -> (u64, u64, u64) {
        (
            self.folded.decisions,
            self.folded.opened_count,
            self.folded.different_count,
        )
    }

    /// Entries of the log.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.folded.entries
    }

    /// Findings in the bundle.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.folded.findings.len() as u64
    }

    /// The report.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut members = vec![
            ("format", Json::from(REPORT_FORMAT)),
            ("verdict", if self.is_good() { "verified" } else { "refuted" }.into()),
            ("bundle", self.bundle()),
            ("checkpoint", self.head()),
            ("entries", self.entries_json()),
            ("documents", self.documents()),
            ("decisions", self.decisions_json()),
            ("policies", self.laws.to_json()),
            ("laws", counted("digest", self.folded.laws.iter())),
            ("samples", Json::List(self.samples.iter().map(sample).collect())),
            ("findings", findings(&self.folded)),
            ("violations", self.violations().to_json()),
            (
                "not_checked",
                Json::List(self.not_checked().iter().map(NotChecked::to_json).collect()),
            ),
        ];
        members.extend(
            self.previous
                .map(|(head, continues)| ("previous", head_json(&head, continues))),
        );
        Json::object(members)
    }

    fn bundle(&self) -> Json {
        let manifest = &self.manifest;
        Json::object([
            ("bytes", number(self.bytes)),
            ("manifest", Json::text(self.manifest_hash.to_string())),
            ("engine", manifest.engine.as_str().into()),
            ("specifications", specifications()),
            ("opened", manifest.opened.code().into()),
            ("identity", Json::Bool(manifest.identity)),
            ("openings", indices(&manifest.openings)),
            ("files", number(manifest.files.len() as u64)),
        ])
    }

    fn head(&self) -> Json {
        let witness = |one: &Cosigned| Json::object([("name", Json::text(&*one.name)), ("at", number(one.at_seconds))]);
        let texts = |list: &[String]| Json::List(list.iter().map(|text| Json::text(&**text)).collect());
        let mut members = vec![
            ("origin", Json::text(self.manifest.origin.to_string())),
            ("size", number(self.manifest.head.size.get())),
            ("root", Json::text(self.manifest.head.root.to_string())),
            ("signed_by", texts(&self.signed.keys)),
            (
                "witnesses",
                Json::List(self.signed.witnesses.iter().map(witness).collect()),
            ),
            ("note", self.note.as_str().into()),
        ];
        members.extend(self.signed.quorum.map(|met| ("quorum_met", Json::Bool(met))));
        members.extend(self.root.map(|root| ("computed_root", Json::text(root.to_string()))));
        Json::object(members)
    }

    fn entries_json(&self) -> Json {
        let mut members = vec![
            ("count", number(self.folded.entries)),
            ("kinds", counts(self.folded.kinds.iter())),
        ];
        if let Some((first, last)) = self.folded.logged {
            members.extend([
                ("first_logged", Json::integer(first.into())),
                ("last_logged", Json::integer(last.into())),
            ]);
        }
        Json::object(members)
    }

    fn documents(&self) -> Json {
        Json::object([
            ("opened", number(self.folded.documents.values().sum())),
            ("bytes", number(self.folded.document_bytes)),
            ("by_name", counts(self.folded.documents.iter())),
        ])
    }

    fn decisions_json(&self) -> Json {
        let (count, opened, different) = self.decisions();
        let why = |why: Why| {
            let unopened = self.manifest.unopened.iter().filter(|unopened| unopened.why == why);
            let unopened = unopened.filter(|unopened| self.folded.decided.holds(unopened.index));
            number(unopened.count() as u64)
        };
        let difference = |(index, found): &(LogIndex, super::super::result::ReplayDifference)| {
            Json::object([
                ("index", number(index.get())),
                ("cause", cause(found.cause).into()),
                ("path", found.path.as_str().into()),
                ("recorded", found.recorded.as_str().into()),
                ("replayed", found.replayed.as_str().into()),
            ])
        };
        Json::object([
            ("count", number(count)),
            ("replayed", number(opened)),
            ("equal", number(opened - different)),
            ("different", number(different)),
            (
                "causes",
                Json::object(self.folded.causes.iter().map(|(cause, count)| (*cause, number(*count)))),
            ),
            (
                "differences",
                Json::List(self.folded.differences.iter().map(difference).collect()),
            ),
            ("erased", why(Why::Erased)),
            ("restricted", why(Why::Restricted)),
            ("engines", counts(self.folded.engines.iter())),
            ("sample_values", counts(self.folded.sample_values.iter())),
            ("engine", super::super::ENGINE.into()),
        ])
    }
}

pub(super) fn number(value: u64) -> Json {
    Json::integer(value.into())
}

fn indices(list: &[LogIndex]) -> Json {
    Json::List(list.iter().map(|index| number(index.get())).collect())
}

fn counts<'a>(counts: impl Iterator<Item = (&'a String, &'a u64)>) -> Json {
    Json::object(counts.map(|(name, count)| (name.as_str(), number(*count))))
}

fn counted<'a>(name: &'static str, counts: impl Iterator<Item = (&'a Hash, &'a u64)>) -> Json {
    let one = |(hash, count): (&Hash, &u64)| {
        Json::object([(name, Json::text(hash.to_string())), ("decisions", number(*count))])
    };
    Json::List(counts.map(one).collect())
}

fn head_json(head: &Head, continues: bool) -> Json {
    Json::object([
        ("size", number(head.size.get())),
        ("root", Json::text(head.root.to_string())),
        ("continues", Json::Bool(continues)),
    ])
}

fn sample(report: &SampleReport) -> Json {
    let mut members = vec![
        ("period", Json::from(report.period.as_str())),
        ("method", METHOD.into()),
        ("agrees", Json::Bool(report.agrees)),
    ];
    members.extend(
        report
            .problem
            .as_ref()
            .map(|problem| ("problem", Json::text(&**problem))),
    );
    if let Some(redrawn) = &report.redrawn {
        let selection = &redrawn.selection;
        let check = |check: &crate::log::sample::CrossCheck| {
            Json::object([
                ("reviewer", Json::text(check.reviewer.to_string())),
                ("reviewed", Json::text(check.reviewed.to_string())),
            ])
        };
        let strata = selection.strata.iter().map(|drawn| stratum(drawn, report));
        members.extend([
            ("seed", Json::text(redrawn.seed.hash().to_string())),
            ("request", redrawn.request.to_json()),
            (
                "parties",
                Json::List(redrawn.round.called().iter().map(party).collect()),
            ),
            ("population", number(selection.population())),
            ("drawn", number(selection.drawn())),
            ("strata", Json::List(strata.collect())),
            ("unopened", indices(&selection.unopened)),
            ("erased_since", indices(redrawn.erased_since())),
            (
                "cross_checks",
                Json::List(selection.cross_checks.iter().map(check).collect()),
            ),
        ]);
        members.extend(
            redrawn
                .round
                .request()
                .map(|(index, _)| ("request_index", number(index.get()))),
        );
        members.extend(
            redrawn
                .round
                .result()
                .map(|(index, _)| ("result_index", number(index.get()))),
        );
    }
    Json::object(members)
}

fn party(called: &Called) -> Json {
    let answer = match &called.answer {
        Some(Ok(_)) => "revealed",
        Some(Err(why)) => why.word(),
        None => "waiting",
    };
    Json::object([
        ("party", Json::from(called.commit.party.as_str())),
        ("role", called.commit.role.word().into()),
        ("index", number(called.index.get())),
        ("answer", answer.into()),
    ])
}

fn stratum(drawn: &DrawnStratum, report: &SampleReport) -> Json {
    let unit = |index: &LogIndex| {
        let unit = report.units.get(index);
        let state = match unit.map(|unit| unit.state) {
            Some(UnitState::Equal) => "equal",
            Some(UnitState::Different) => "different",
            Some(UnitState::Unopened(why)) => why.code(),
            Some(UnitState::Absent) | None => "absent",
        };
        let mut members = vec![("index", number(index.get())), ("replay", state.into())];
        let finding = unit.and_then(|unit| unit.finding);
        members.extend(finding.map(|finding| ("finding", number(finding.get()))));
        Json::object(members)
    };
    let list = |indices: &[LogIndex]| Json::List(indices.iter().map(unit).collect());
    let mut members = vec![
        ("key", Json::from(drawn.key.as_str())),
        ("population", number(drawn.population)),
        ("units", list(&drawn.units)),
        ("reserve", list(&drawn.reserve)),
    ];
    members.extend(drawn.size_fen.map(|size| ("size_fen", number(size))));
    Json::object(members)
}

/// Findings: which stand, by outcome and cause, and each without the names of officers.
fn findings(folded: &Folded) -> Json {
    let mut standing: BTreeMap<LogIndex, LogIndex> = BTreeMap::new();
    for (at, finding) in &folded.findings {
        standing.extend(finding.of.map(|of| (of, *at)));
    }
    let (mut outcomes, mut causes): (BTreeMap<String, u64>, BTreeMap<String, u64>) = Default::default();
    let mut list = Vec::new();
    for (at, finding) in &folded.findings {
        let (of, content) = (finding.of, &finding.content);
        let stands = of.and_then(|of| standing.get(&of)) == Some(at);
        for item in content.items.iter().filter(|_| stands) {
            *outcomes.entry(item.outcome.code().to_owned()).or_default() += 1;
            if let Some(cause) = item.cause {
                *causes.entry(cause.code().to_owned()).or_default() += 1;
            }
        }
        let document = content.to_json();
        let items = document.get("items").and_then(Json::as_list).unwrap_or_default();
        let mut members = vec![
            ("index", number(at.get())),
            ("stands", Json::Bool(stands)),
            ("items", Json::List(items.to_vec())),
            ("signed_off", Json::Bool(content.sign_off.is_some())),
            ("paid_fen", number(finding.paid_fen)),
        ];
        members.extend(of.map(|of| ("of", number(of.get()))));
        for key in ["period", "summary", "rectification", "correction"] {
            members.extend(document.get(key).map(|value| (key, value.clone())));
        }
        let answer = document.get("auditee").and_then(|auditee| auditee.get("answer"));
        members.extend(answer.map(|answer| ("auditee", answer.clone())));
        list.push(Json::object(members));
    }
    Json::object([
        ("count", number(folded.findings.len() as u64)),
        ("standing", number(standing.len() as u64)),
        ("by_outcome", counts(outcomes.iter())),
        ("by_cause", counts(causes.iter())),
        ("list", Json::List(list)),
    ])
}
