//! Stored bytes that do not match their hash: where they stand, said once in the log, and that the service stops
//! serving over it.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::AppError;
use crate::canonical::Json;
use crate::log::{LogIndex, RecordId};
use crate::store::{LogId, RecordRow};

/// Where stored bytes are not what was written, as far as it is known. Names places, never what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    what: &'static str,
    // Boxed, so that every result does not carry its size.
    place: Option<Box<Place>>,
}

/// What is said of a document.
const DOCUMENT_DAMAGED: &str = "a document is missing or is not what was written";

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    log: LogId,
    index: LogIndex,
    record: Option<RecordId>,
    document: Option<String>,
}

impl Damage {
    /// Damage of this kind, somewhere.
    #[must_use]
    pub const fn of(what: &'static str) -> Damage {
        Damage { what, place: None }
    }

    /// An entry that is not what was written.
    #[must_use]
    pub fn of_entry(log: LogId, index: LogIndex) -> Damage {
        Damage::at("an entry is missing or is not what was written", log, index, None)
    }

    /// A document of an entry that is missing, does not fit its commitment, or is not what such a document says.
    #[must_use]
    pub fn of_document(log: LogId, index: LogIndex, document: &str) -> Damage {
        Damage::at(DOCUMENT_DAMAGED, log, index, Some(document))
    }

    /// The same of a record; without a document where its entry says nothing that can be read.
    #[must_use]
    pub fn of_record(row: &RecordRow, document: Option<&str>) -> Damage {
        let mut damage = match document {
            Some(document) => Damage::of_document(row.log_id, row.index, document),
            None => Damage::of_entry(row.log_id, row.index),
        };
        if let Some(place) = &mut damage.place {
            place.record = Some(row.record_id);
        }
        damage
    }

    /// Rows of accesses that do not give the number and the root that their ACCESS entry states.
    #[must_use]
    pub fn of_accesses(log: LogId, index: LogIndex) -> Damage {
        let what = "rows of accesses are not those whose root their ACCESS entry states";
        Damage::at(what, log, index, Some("access"))
    }

    fn at(what: &'static str, log: LogId, index: LogIndex, document: Option<&str>) -> Damage {
        let place = Place {
            log,
            index,
            record: None,
            document: document.map(str::to_owned),
        };
        Damage {
            what,
            place: Some(Box::new(place)),
        }
    }

    /// Says it in the log: where an answer leaves with it, or where work that nobody waits for meets it.
    pub fn tell(&self) {
        let place = self.place.as_deref();
        tracing::error!(
            damage.what = self.what,
            entry.area = place.map(|place| place.log.area()),
            entry.epoch = place.map(|place| place.log.epoch()),
            entry.index = place.map(|place| place.index.get()),
            record.id = place.and_then(|place| place.record).map(tracing::field::display),
            document.name = place.and_then(|place| place.document.as_deref()),
            "stored bytes do not match their hash: stop writing, keep the files as they are, run `doudi fsck`"
        );
    }
}

/// A text member of a recorded document as a value; damage where it is not there or none.
pub(super) fn recorded<T: FromStr>(document: &Json, key: &str, malformed: &'static str) -> Result<T, AppError> {
    let text = document.get(key).and_then(Json::as_text);
    text.and_then(|text| text.parse().ok())
        .ok_or(AppError::corrupt(malformed))
}

/// Whether damage was met since the process started. Only a start takes it back: that a later look finds nothing does
/// not make what was found sound.
#[derive(Debug, Default)]
pub struct DamageMark(AtomicBool);

impl DamageMark {
    /// Damage was met.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// The same where the error is one.
    pub fn met(&self, error: &AppError) {
        if let AppError::LogCorrupt(_) = error {
            self.set();
        }
    }

    /// Whether damage was met.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
