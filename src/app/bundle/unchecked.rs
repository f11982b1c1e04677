//! What a verification does not show, for whoever reads its report.

use super::laws::LAW_LAG_SECONDS_MAX;
use super::openable;
use super::report::{Report, number};
use crate::canonical::Json;
use crate::log::LogIndex;
use crate::log::sample::{Agreement, DrawKind};

/// Unknown kinds that are named: later versions have a few, and whoever signs a log can invent any number.
const KIND_COUNT_MAX: usize = 16;

/// One thing that a verification does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotChecked {
    /// Stands for the text where a program reads it (`REPORT.md`).
    pub code: &'static str,
    /// Of how many entries it is said, where it is said of entries.
    pub count: Option<u64>,
    /// What is not shown, and what would show it.
    pub text: String,
}

impl NotChecked {
    pub(super) fn to_json(&self) -> Json {
        let mut members = vec![("code", Json::from(self.code)), ("text", Json::text(&*self.text))];
        members.extend(self.count.map(|count| ("count", number(count))));
        Json::object(members)
    }
}

impl Report {
    /// What a reader must not believe to be checked.
    #[must_use]
    pub fn not_checked(&self) -> Vec<NotChecked> {
        let (count, opened, _) = self.decisions();
        let mut list = Vec::new();
        let mut say = |code, count, text| list.push(NotChecked { code, count, text });
        if opened < count {
            let text = "decisions are not opened in this bundle: their facts and determinations were not decided again";
            say("decisions_unopened", Some(count - opened), text.to_owned());
        }
        let older = self.folded.by_older_law_count;
        if older > 0 {
            let minutes = LAW_LAG_SECONDS_MAX / 60;
            let named: Vec<String> = self.folded.by_older_law.iter().map(ToString::to_string).collect();
            let more = if older > named.len() as u64 { " and more" } else { "" };
            let text = format!(
                "decisions follow from a law of which a document had been replaced or added more than {minutes} minutes \
                 before they were logged, and the service decides by the newest: why is for people: entries {}{more}",
                named.join(", ")
            );
            say("law_older", Some(older), text);
        }
        let (erased, restricted) = (
            self.folded.erasures.erased_count(),
            self.folded.erasures.restricted_count(),
        );
        let by = format!("the log holds {erased} erasures of a whole case, and {restricted} restrictions stand");
        let decided = |index: &LogIndex| self.folded.decided.holds(*index);
        let unopened = self.manifest.unopened.iter().map(|unopened| unopened.index);
        let unopened = unopened.filter(decided).count() as u64;
        if unopened > 0 {
            let text = "decisions that the bundle should open are said to be erased or restricted: an ERASURE entry must \
                        account for each, which only the operator's keys can show";
            say("erasures", Some(unopened), format!("{text}; {by}"));
        }
        let findings = self.folded.unopened_findings.len() as u64;
        if findings > 0 {
            let text = "findings are not opened: their cases must be erased or restricted, which only the operator's keys \
                        can show, and what they replaced may seem to stand";
            say("findings_unopened", Some(findings), format!("{text}; {by}"));
        }
        for sample in &self.samples {
            let Some(redrawn) = &sample.redrawn else { continue };
            let period = &sample.period;
            let hidden = redrawn.selection.unopened.len() as u64;
            if hidden > 0 {
                let text = "decisions were not in the sample's reach when it was drawn, because their frames could not be \
                            opened: an ERASURE entry must account for each, which only the operator's keys can show";
                say("frames_unopened", Some(hidden), format!("{period}: {text}; {by}"));
            }
            if let Agreement::Partly(lost) = &redrawn.agreement {
                let rest = match redrawn.request.draw {
                    DrawKind::Simple | DrawKind::Stratified => {
                        "all others were drawn in the order of the seed, and which of these were is not shown"
                    }
                    DrawKind::SizeProportional => {
                        "without their amounts it is not shown that the seed draws these units in this order"
                    }
                };
                let text = format!("{period}: frames of the range were erased after the draw: {rest}; {by}");
                say("sample_erased", Some(lost.len() as u64), text);
            }
        }
        let unknown = self.folded.kinds.iter().filter(|(kind, _)| !openable::is_known(kind));
        let count: u64 = unknown.clone().map(|(_, count)| count).sum();
        if count > 0 {
            let names: Vec<&str> = unknown.map(|(kind, _)| kind.as_str()).take(KIND_COUNT_MAX).collect();
            let text = "entries are of kinds that this version does not know, held to their hashes alone";
            say("kinds_unknown", Some(count), format!("{text}: {}", names.join(", ")));
        }
        if self.previous.is_none() {
            let text =
                "no checkpoint of an earlier audit was given: that the log was not rewritten before is not shown";
            say("previous", None, text.to_owned());
        }
        if self.signed.quorum.is_none() {
            let text = "no witness was asked for: that others were shown the same log is not shown";
            say("witnesses", None, text.to_owned());
        }
        for period in &self.other_samples {
            say(
                "sample",
                None,
                format!("the log holds a sample of {period} that the bundle does not answer for"),
            );
        }
        let text = "whether facts are true, and whether a document of law says what its instrument says, is for people";
        say("facts", None, text.to_owned());
        list
    }
}
