//! Erasing a case's identity or the whole case, and restricting its processing (删除、限制处理).
//!
//! The ERASURE entry comes first and is durable; then the keys are destroyed, and at every start again. From the
//! entry on nothing of it is shown, whether its keys are gone already or not.

use std::sync::Arc;

use super::App;
use super::caller::Caller;
use super::command::{CaseName, EraseCase, Grounds, LiftRestriction, RequestId, RestrictCase};
use super::damage::{Damage, recorded};
use super::decision::ATTEMPT_COUNT_MAX;
use super::error::AppError;
use super::record::{About, Asked, Opened};
use super::result::{CaseErased, CaseRestricted};
use crate::canonical::Json;
use crate::log::RecordId;
use crate::log::record::{Entry, EntryKind};
use crate::log::sequencer::{CaseChange, CaseMark, Effects};
use crate::rules::calendar::{Date, Month};
use crate::rules::case::CaseState;
use crate::store::{CaseHeadRow, CaseScope, PAGE_ROW_COUNT_MAX};

/// What is said of a recorded erasure that cannot be read.
const MALFORMED: &str = "a recorded erasure is malformed";

/// What an ERASURE entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Erase(CaseScope),
    Restrict(CaseScope),
    Lift(CaseScope),
}

impl Act {
    const fn code(self) -> &'static str {
        match self {
            Act::Erase(_) => "erase",
            Act::Restrict(_) => "restrict",
            Act::Lift(_) => "lift",
        }
    }

    const fn scope(self) -> CaseScope {
        match self {
            Act::Erase(scope) | Act::Restrict(scope) | Act::Lift(scope) => scope,
        }
    }
}

impl Act {
    /// Out of a recorded document; damage where it is none.
    fn recorded(document: &Json) -> Result<Act, AppError> {
        let scope: CaseScope = recorded(document, "scope", MALFORMED)?;
        let act = document.get("act").and_then(Json::as_text);
        [Act::Erase(scope), Act::Restrict(scope), Act::Lift(scope)]
            .into_iter()
            .find(|known| Some(known.code()) == act)
            .ok_or(AppError::corrupt(MALFORMED))
    }

    /// What it makes of a case.
    const fn mark(self, before: CaseMark) -> CaseMark {
        match self {
            Act::Erase(scope) => CaseMark {
                erased: Some(scope),
                ..before
            },
            Act::Restrict(scope) => CaseMark {
                restricted: Some(scope),
                ..before
            },
            Act::Lift(_) => CaseMark {
                restricted: None,
                ..before
            },
        }
    }
}

/// Everything that one entry needs to know.
struct Doing<'a> {
    act: Act,
    name: CaseName,
    row: &'a CaseHeadRow,
    state: &'a CaseState,
    grounds: &'a Grounds,
    on: Date,
    /// Until when it had to be kept, for an erasure.
    retained_until: Option<Date>,
}

impl App {
    /// Erases the identity of a case, or the whole case: records it, then destroys the keys.
    ///
    /// # Errors
    /// [`AppError::Retained`] names the day before which nothing may be erased, [`AppError::NotAllowed`] the open samples
    /// in whose range the case stands.
    pub async fn erase_case(&self, caller: &Caller, command: EraseCase) -> Result<CaseErased, AppError> {
        let asked = App::asked(command.case.area, caller, &command.request_id, &command.to_json());
        if let Some(first) = self.answered(&asked).await? {
            return self.finished(first).await;
        }
        // Until it is recorded: a sample that is asked for meanwhile would be drawn from what is erased.
        let _turn = self.turn(command.case.area).await;
        for _ in 0..ATTEMPT_COUNT_MAX {
            let (row, state) = self.case_to_mark(command.case).await?;
            if row.erased == Some(command.scope) {
                return Err(self.case_is_erased(command.case, &row).await?);
            }
            let on = self.today()?;
            let until = self.retained_until(&row, &state, on).await?;
            if on < until {
                return Err(AppError::Retained { until });
            }
            // The identity is no part of what is drawn from.
            if command.scope == CaseScope::Case {
                self.is_in_no_open_sample(command.case).await?;
            }
            if command.validate_only {
                return Ok(CaseErased {
                    retained_until: until,
                    acknowledged: None,
                });
            }
            // Asked before the entry promises what this process might not be allowed to do.
            self.store.may_destroy_keys().await?;
            let doing = Doing {
                act: Act::Erase(command.scope),
                name: command.case,
                row: &row,
                state: &state,
                grounds: &command.grounds,
                on,
                retained_until: Some(until),
            };
            if let Some(opened) = self.mark(caller, &asked, &command.request_id, &doing).await? {
                return self.finished(opened).await;
            }
        }
        Err(AppError::CaseChanged)
    }

    /// Restricts the processing of a case: nothing is destroyed, nothing is read or decided until it is lifted.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn restrict_case(&self, caller: &Caller, command: RestrictCase) -> Result<CaseRestricted, AppError> {
        let asked = App::asked(command.case.area, caller, &command.request_id, &command.to_json());
        // A case has one restriction: a wider one takes the place of a narrower one, and only a lifting the other way.
        let act = |row: &CaseHeadRow| match (row.restricted, command.scope) {
            (Some(CaseScope::Case), _) | (Some(CaseScope::Identity), CaseScope::Identity) => {
                Err(AppError::CaseState("it is restricted already: lift that first"))
            }
            (Some(CaseScope::Identity), CaseScope::Case) | (None, _) => Ok(Act::Restrict(command.scope)),
        };
        let (case, id, dry) = (command.case, &command.request_id, command.validate_only);
        self.restriction(caller, &asked, (case, id, dry), &command.grounds, act)
            .await
    }

    /// Lifts the restriction of a case.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn lift_restriction(
        &self,
        caller: &Caller,
        command: LiftRestriction,
    ) -> Result<CaseRestricted, AppError> {
        let asked = App::asked(command.case.area, caller, &command.request_id, &command.to_json());
        let act = |row: &CaseHeadRow| {
            let scope = row.restricted.ok_or(AppError::CaseState("it is not restricted"))?;
            Ok(Act::Lift(scope))
        };
        let (case, id, dry) = (command.case, &command.request_id, command.validate_only);
        self.restriction(caller, &asked, (case, id, dry), &command.grounds, act)
            .await
    }

    async fn restriction(
        &self,
        caller: &Caller,
        asked: &Asked,
        (name, request_id, validate_only): (CaseName, &RequestId, bool),
        grounds: &Grounds,
        act: impl Fn(&CaseHeadRow) -> Result<Act, AppError>,
    ) -> Result<CaseRestricted, AppError> {
        if let Some(first) = self.answered(asked).await? {
            return Ok(CaseRestricted {
                acknowledged: Some(first.acknowledged),
            });
        }
        for _ in 0..ATTEMPT_COUNT_MAX {
            let (row, state) = self.case_to_mark(name).await?;
            let doing = Doing {
                act: act(&row)?,
                name,
                row: &row,
                state: &state,
                grounds,
                on: self.today()?,
                retained_until: None,
            };
            if validate_only {
                return Ok(CaseRestricted { acknowledged: None });
            }
            if let Some(opened) = self.mark(caller, asked, request_id, &doing).await? {
                return Ok(CaseRestricted {
                    acknowledged: Some(opened.acknowledged),
                });
            }
        }
        Err(AppError::CaseChanged)
    }

    /// Head and state of a case of which something is left.
    async fn case_to_mark(&self, name: CaseName) -> Result<(CaseHeadRow, CaseState), AppError> {
        let row = self.case_row(name).await?;
        if row.erased == Some(CaseScope::Case) {
            return Err(self.case_is_erased(name, &row).await?);
        }
        let (_, key) = self.content_key_left(name, &row).await?;
        let state = self.state_of_row(name, &row, &key).await?;
        Ok((row, state))
    }

    /// Writes the entry with what it makes of the case; none if others came first.
    async fn mark(
        &self,
        caller: &Caller,
        asked: &Asked,
        request_id: &RequestId,
        doing: &Doing<'_>,
    ) -> Result<Option<Opened>, AppError> {
        let row = doing.row;
        let record_id = RecordId::from_bytes(self.vault.random_id()?);
        let mark = doing.act.mark(CaseMark {
            erased: row.erased,
            restricted: row.restricted,
        });
        let erased_keys: Vec<String> = match doing.act {
            Act::Erase(CaseScope::Identity) => vec![row.identity_key_ref.clone()],
            Act::Erase(CaseScope::Case) if row.erased.is_some() => vec![row.content_key_ref.clone()],
            Act::Erase(CaseScope::Case) => vec![row.identity_key_ref.clone(), row.content_key_ref.clone()],
            Act::Restrict(_) | Act::Lift(_) => Vec::new(),
        };
        let named = [
            ("v", Json::Int(1)),
            ("act", doing.act.code().into()),
            ("scope", doing.act.scope().code().into()),
        ];
        let public = named
            .clone()
            .into_iter()
            .chain([("basis", doing.grounds.basis.code().into())]);
        let keys = erased_keys.iter().map(|key_ref| Json::text(&**key_ref)).collect();
        let sealed = named.into_iter().chain(doing.grounds.members()).chain([
            ("case", doing.name.to_string().into()),
            ("on", doing.on.to_string().into()),
            ("keys", Json::List(keys)),
            ("caller", caller.principal.as_str().into()),
            ("request", request_id.to_string().into()),
        ]);
        let until = doing
            .retained_until
            .map(|until| ("retained_until", until.to_string().into()));
        let documents = [
            ("erasure", Json::object(public).to_bytes()),
            ("erased", Json::object(sealed.chain(until)).to_bytes()),
        ];
        let next = doing
            .state
            .after_event(&record_id.to_string(), EntryKind::Erasure.name(), doing.on);
        let about = About {
            case_id: Some(doing.name.case.to_string()),
            change: Some(self.change_of_mark(doing, &next).await?),
            effects: Effects {
                mark: Some(mark),
                erased_keys,
                ..Effects::default()
            },
        };
        let appended = self.append_about(asked, record_id, EntryKind::Erasure, &documents, about);
        Ok(appended.await?.ok())
    }

    /// The head of the case after the entry: the same state with one more event, or nothing at all.
    async fn change_of_mark(&self, doing: &Doing<'_>, next: &CaseState) -> Result<CaseChange, AppError> {
        let row = doing.row;
        let change = CaseChange {
            expected_version: row.version,
            identity_key_ref: row.identity_key_ref.clone(),
            content_key_ref: row.content_key_ref.clone(),
            state: Vec::new(),
            next_due: None,
            grace_end_month: None,
            township: row.township,
            spans: Some(Vec::new()),
        };
        if doing.act == Act::Erase(CaseScope::Case) {
            return Ok(change);
        }
        let (_, key) = self.content_key_left(doing.name, row).await?;
        Ok(CaseChange {
            state: App::seal_state_of(doing.name, row.version, &key, next)?,
            next_due: row.next_due.clone(),
            grace_end_month: row.grace_end_month.clone(),
            spans: None,
            ..change
        })
    }

    /// Destroys the keys that a recorded erasure names; a retry does it again and finds nothing left.
    async fn finished(&self, opened: Opened) -> Result<CaseErased, AppError> {
        let document = opened.json("erased")?;
        let until = recorded(&document, "retained_until", MALFORMED)?;
        let keys = document
            .get("keys")
            .and_then(Json::as_list)
            .ok_or(AppError::corrupt(MALFORMED))?;
        let keys: Vec<String> = keys.iter().filter_map(Json::as_text).map(str::to_owned).collect();
        let (store, now_ms) = (Arc::clone(&self.store), self.clock.now_ms());
        // A task of its own: a caller that hangs up leaves nothing half done.
        let destroying = tokio::spawn(async move { store.destroy_keys(&keys, now_ms).await });
        destroying.await.map_err(|error| AppError::internal(&error))??;
        Ok(CaseErased {
            retained_until: until,
            acknowledged: Some(opened.acknowledged),
        })
    }

    /// Destroys every key that an ERASURE entry names and that is still there: what a crash or a failed call left undone,
    /// and what a restored backup brought back. Called before anything is served, and again and again meanwhile.
    ///
    /// # Errors
    /// [`AppError`]; at a start nothing may be served then.
    pub async fn finish_erasures(&self) -> Result<u64, AppError> {
        let mut destroyed = 0;
        loop {
            let keys = self.store.keys_to_destroy().await?;
            if keys.is_empty() {
                // Where an erasure could not overwrite everything, because somebody still read.
                self.store.scrub_again().await?;
                return Ok(destroyed);
            }
            destroyed += self.store.destroy_keys(&keys, self.clock.now_ms()).await?;
        }
    }

    /// The day on which a case may be erased: the retention after its last record, its newest finding and its last month
    /// of assistance, or later where its keys say so.
    async fn retained_until(&self, row: &CaseHeadRow, state: &CaseState, on: Date) -> Result<Date, AppError> {
        let Some(years) = self.duties.retention_years else {
            return Err(AppError::CaseState(
                "the server knows no retention period: set retention_years before anything is erased",
            ));
        };
        let records = state
            .prior
            .iter()
            .filter(|prior| prior.kind != EntryKind::Erasure.name());
        let mut last = records
            .map(|prior| prior.date)
            .max()
            .ok_or(AppError::corrupt("a case has no record"))?;
        for held in &state.standing {
            let until: Option<Month> = held.to;
            let Some(until) = until.filter(|until| *until < on.month()) else {
                return Err(AppError::CaseState("assistance still runs: end it first"));
            };
            last = last.max(until.end());
        }
        if let Some(found_on) = self.newest_finding(row).await? {
            last = last.max(found_on);
        }
        let kept = last
            .plus_months(12 * i64::from(years))
            .ok_or_else(|| AppError::internal(&"a retention ends beyond the calendar"))?;
        let keys = self.case_key_rows(row).await?;
        let held = [&keys.identity, &keys.content]
            .into_iter()
            .filter_map(|key| key.retain_until.as_ref()?.as_str().parse().ok());
        Ok(held.fold(kept, Date::max))
    }

    /// The day on which the newest finding of a case was logged; a finding is no event of its case's state.
    async fn newest_finding(&self, row: &CaseHeadRow) -> Result<Option<Date>, AppError> {
        let kinds = [EntryKind::Finding.name().to_owned()];
        let (mut newest, mut after) = (None, None);
        loop {
            let case = Some(row.case_id.as_str());
            let found = self
                .store
                .records(row.area, case, &kinds, after, PAGE_ROW_COUNT_MAX)
                .await?;
            let Some(last) = found.last() else { break };
            after = Some((last.log_id, last.index));
            for record in &found {
                let entry = self.store.entry(record.log_id, record.index).await?;
                let entry = entry.and_then(|row| Entry::parse(&row.entry).ok());
                let entry = entry.ok_or_else(|| Damage::of_record(record, None))?;
                newest = newest.max(Some(entry.logged_seconds()));
            }
        }
        let beyond = || AppError::internal(&"a finding was logged beyond the calendar");
        newest
            .map(|seconds| Date::in_shanghai(seconds).ok_or_else(beyond))
            .transpose()
    }

    /// The civil date in Asia/Shanghai.
    pub(super) fn today(&self) -> Result<Date, AppError> {
        Date::in_shanghai(self.clock.now_ms().div_euclid(1000))
            .ok_or_else(|| AppError::internal(&"the clock is beyond the calendar"))
    }
}

/// Whether a record erases its case as a whole: what was recorded before it is not read any more, whether the keys are
/// gone already or not.
pub(super) fn erases_whole(opened: &Opened) -> Result<bool, AppError> {
    if opened.entry.kind().known() != Some(EntryKind::Erasure) {
        return Ok(false);
    }
    let document = opened.json("erasure")?;
    let says = |key: &str| document.get(key).and_then(Json::as_text).unwrap_or_default();
    let whole = Act::Erase(CaseScope::Case);
    Ok(says("act") == whole.code() && says("scope") == whole.scope().code())
}

/// The state after a recorded erasure or restriction, out of its document.
pub(super) fn replayed(state: &CaseState, record: &str, document: &Json) -> Result<CaseState, AppError> {
    let on = recorded(document, "on", MALFORMED)?;
    Ok(state.after_event(record, EntryKind::Erasure.name(), on))
}

/// What the ERASURE records of a case made of it, out of their documents `erased`. Damage where one is not of this case.
pub(super) fn marked<'d>(case: CaseName, documents: impl IntoIterator<Item = &'d Json>) -> Result<CaseMark, AppError> {
    let mut mark = CaseMark::default();
    for document in documents {
        let of: CaseName = recorded(document, "case", MALFORMED)?;
        if (of.area.without_township(), of.case) != (case.area.without_township(), case.case) {
            return Err(AppError::corrupt(MALFORMED));
        }
        mark = Act::recorded(document)?.mark(mark);
    }
    Ok(mark)
}
