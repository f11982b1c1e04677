//! Acknowledgements as files, and their verification with nothing but the log's public key.
//!
//! The file is the JSON form (proto3 mapping) of the message `doudi.v1.Acknowledgement`, alone or
//! as the member `acknowledgement` of an answer: what a client has, saved as it came.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::LogIndex;
use super::checkpoint::{Checkpoint, CheckpointError};
use super::merkle::leaf_hash;
use super::note::{NoteError, VerifierKey};
use super::receipt::{Receipt, ReceiptError};
use super::record::{DocumentName, Entry, EntryError, Salt, commitment};
use super::tiles::ENTRY_SIZE_MAX_BYTES;
use crate::canonical::Json;

/// Largest acknowledgement file: a few documents of at most 4 MiB in base64.
pub const ACKNOWLEDGEMENT_SIZE_MAX_BYTES: usize = 32 * 1024 * 1024;

/// What a log answered with, as read; it says nothing until [`Acknowledgement::verify`].
#[derive(Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The entry's bytes.
    pub entry: Vec<u8>,
    /// The documents that were opened for the caller.
    pub documents: Vec<AcknowledgedDocument>,
    /// The tlog-proof file.
    pub receipt: String,
    /// The log's name, if the file says it beside the receipt.
    pub origin: Option<String>,
    /// The position, if the file says it beside the receipt.
    pub index: Option<LogIndex>,
}

/// One opened document.
#[derive(Clone, PartialEq, Eq)]
pub struct AcknowledgedDocument {
    /// Its name.
    pub name: String,
    /// The salt that opens its commitment.
    pub salt: Salt,
    /// Its exact bytes.
    pub content: Vec<u8>,
}

/// What was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The entry.
    pub entry: Entry,
    /// Where it stands.
    pub index: LogIndex,
    /// The head under which it stands.
    pub checkpoint: Checkpoint,
    /// Documents whose bytes are those the entry commits to.
    pub opened: Vec<DocumentName>,
    /// Documents of the entry that the file does not hold; nothing is said about them.
    pub unopened: Vec<DocumentName>,
}

/// Why an acknowledgement proves nothing. Never quotes a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not an acknowledgement file; names the member.
    #[error("`{0}` of the acknowledgement is absent or malformed: save the answer of the service unchanged, as JSON")]
    Malformed(&'static str),
    /// The entry's bytes are not an entry.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The receipt is malformed.
    #[error(transparent)]
    Receipt(ReceiptError),
    /// The checkpoint is not signed by the given key.
    #[error(transparent)]
    Signature(CheckpointError),
    /// The receipt proves another entry or nothing.
    #[error("the receipt does not prove this entry: the entry or the receipt was changed or belongs to another record")]
    NotIncluded,
    /// Entry, receipt and file do not name the same log or position.
    #[error("`{0}` differs between the file, the entry and the receipt: they belong to different records")]
    Disagrees(&'static str),
    /// A document is not what the entry commits to.
    #[error("the document `{0}` is not the one that stands in the log: it was changed or belongs to another record")]
    Document(String),
}

impl Refusal {
    /// A stable name for programs.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Refusal::Malformed(_) => "malformed",
            Refusal::Entry(_) => "entry",
            Refusal::Receipt(_) => "receipt",
            Refusal::Signature(_) => "signature",
            Refusal::NotIncluded => "not_included",
            Refusal::Disagrees(_) => "disagrees",
            Refusal::Document(_) => "document",
        }
    }
}

/// Checks an acknowledgement file against the public key of its log.
///
/// # Errors
/// [`Refusal`] says why it proves nothing.
pub fn verify_receipt(file: &[u8], key: &VerifierKey) -> Result<Verified, Refusal> {
    Acknowledgement::parse(file)?.verify(std::slice::from_ref(key))
}

impl Acknowledgement {
    /// Reads an acknowledgement file.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] names the member.
    pub fn parse(file: &[u8]) -> Result<Acknowledgement, Refusal> {
        if file.len() > ACKNOWLEDGEMENT_SIZE_MAX_BYTES {
            return Err(Refusal::Malformed("file"));
        }
        let json = Json::parse(file).map_err(|_| Refusal::Malformed("file"))?;
        let json = json.get("acknowledgement").unwrap_or(&json);
        let entry = bytes(json, "entry").ok_or(Refusal::Malformed("entry"))?;
        if entry.len() > ENTRY_SIZE_MAX_BYTES {
            return Err(Refusal::Malformed("entry"));
        }
        // The JSON mapping of protobuf leaves out empty lists, zeros and empty strings.
        let documents = match json.get("documents") {
            None => Vec::new(),
            Some(list) => {
                let list = list.as_list().ok_or(Refusal::Malformed("documents"))?;
                let list: Option<Vec<_>> = list.iter().map(document).collect();
                list.ok_or(Refusal::Malformed("documents"))?
            }
        };
        let text = |name| {
            json.get(name)
                .map(|text| text.as_text().ok_or(Refusal::Malformed(name)))
                .transpose()
        };
        let receipt = text("receipt")?.ok_or(Refusal::Malformed("receipt"))?.to_owned();
        let origin = text("origin")?.map(str::to_owned);
        let index = json
            .get("index")
            .map(|index| position(index).ok_or(Refusal::Malformed("index")));
        Ok(Acknowledgement {
            entry,
            documents,
            receipt,
            origin,
            index: index.transpose()?,
        })
    }

    /// The file.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut members = vec![
            ("entry", Json::text(BASE64_STANDARD.encode(&self.entry))),
            (
                "documents",
                Json::List(self.documents.iter().map(document_json).collect()),
            ),
            ("receipt", Json::text(self.receipt.as_str())),
        ];
        if let Some(origin) = &self.origin {
            members.push(("origin", Json::text(origin.as_str())));
        }
        if let Some(index) = self.index {
            members.push(("index", Json::text(index.to_string())));
        }
        Json::object(members)
    }

    /// Checks that the entry stands in the log of one of the trusted keys and that every document
    /// of the file is the one the entry commits to.
    ///
    /// # Errors
    /// [`Refusal`] says why it proves nothing.
    pub fn verify(&self, trusted: &[VerifierKey]) -> Result<Verified, Refusal> {
        let receipt = Receipt::parse(self.receipt.as_bytes()).map_err(Refusal::Receipt)?;
        let signed = receipt.verify(&leaf_hash(&self.entry), trusted).map_err(refused)?;
        let entry = Entry::parse(&self.entry)?;
        let checkpoint = signed.checkpoint().clone();
        let same_log = self
            .origin
            .as_ref()
            .is_none_or(|origin| *origin == checkpoint.origin.to_string());
        if !same_log || *entry.origin() != checkpoint.origin {
            return Err(Refusal::Disagrees("origin"));
        }
        if self.index.is_some_and(|index| index != receipt.index()) {
            return Err(Refusal::Disagrees("index"));
        }
        for document in &self.documents {
            let refusal = || Refusal::Document(shown(&document.name));
            let name: DocumentName = document.name.parse().map_err(|_| refusal())?;
            let committed = entry.commitment_of(name.as_str()).ok_or_else(refusal)?;
            if commitment(&name, &document.salt, &document.content) != committed {
                return Err(refusal());
            }
        }
        let names = entry.documents().iter().map(|document| document.name.clone());
        let is_opened = |name: &DocumentName| self.documents.iter().any(|document| document.name == name.as_str());
        let (opened, unopened) = names.partition(is_opened);
        Ok(Verified {
            index: receipt.index(),
            checkpoint,
            opened,
            unopened,
            entry,
        })
    }
}

/// A name that the entry does not have comes from the file alone and is not repeated.
fn shown(name: &str) -> String {
    name.parse()
        .map_or_else(|_| "?".to_owned(), |name: DocumentName| name.to_string())
}

fn refused(error: ReceiptError) -> Refusal {
    match error {
        ReceiptError::Proof(_) => Refusal::NotIncluded,
        ReceiptError::Checkpoint(error) => match error {
            CheckpointError::Note(NoteError::BadSignature(_) | NoteError::NoTrustedKey)
            | CheckpointError::NotTheLog(_) => Refusal::Signature(error),
            CheckpointError::Note(_) | CheckpointError::Shape | CheckpointError::WrongSigner { .. } => {
                Refusal::Receipt(error.into())
            }
        },
        ReceiptError::Line(_) | ReceiptError::NotText => Refusal::Receipt(error),
    }
}

fn bytes(json: &Json, name: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(json.get(name)?.as_text()?).ok()
}

/// An opened document as it stands in files.
pub(super) fn document_json(document: &AcknowledgedDocument) -> Json {
    Json::object([
        ("name", Json::text(document.name.as_str())),
        ("salt", Json::text(BASE64_STANDARD.encode(document.salt.as_bytes()))),
        ("content", Json::text(BASE64_STANDARD.encode(&document.content))),
    ])
}

/// Reads [`document_json`].
pub(super) fn document(json: &Json) -> Option<AcknowledgedDocument> {
    Some(AcknowledgedDocument {
        name: json.get("name")?.as_text()?.to_owned(),
        salt: Salt::from_bytes(bytes(json, "salt")?.try_into().ok()?),
        content: if json.get("content").is_some() {
            bytes(json, "content")?
        } else {
            Vec::new()
        },
    })
}

/// 64-bit numbers are strings in the JSON mapping of protobuf; small ones may be numbers.
fn position(json: &Json) -> Option<LogIndex> {
    match json {
        Json::Text(text) => text.parse().ok(),
        Json::Int(index) => LogIndex::new(u64::try_from(*index).ok()?).ok(),
        Json::Bool(_) | Json::List(_) | Json::Object(_) => None,
    }
}

/// Prints sizes only: documents hold personal data.
impl std::fmt::Debug for AcknowledgedDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "AcknowledgedDocument({}, {} bytes)",
            shown(&self.name),
            self.content.len()
        )
    }
}

/// Prints sizes only.
impl std::fmt::Debug for Acknowledgement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acknowledgement")
            .field("documents", &self.documents)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
