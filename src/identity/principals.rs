//! The table of principals: which certificate is who, what they may do and where. Refused as a whole if a line is
//! wrong, with every line that is.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::certificate::Certificate;
use crate::app::caller::Principal;
use crate::app::rights::{Areas, Role, Roles, area_prefix};
use crate::area::AreaCode;
use crate::log::Hash;

/// Most principals: every township of a large province has a few systems.
pub const PRINCIPAL_COUNT_MAX: usize = 20_000;

/// Largest table: the most principals with a few certificates each.
pub const TABLE_SIZE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// What the name of a certificate begins with.
const URI: &str = "uri:";
const KEY: &str = "spki-sha256:";

/// Names that the service uses for callers without a certificate.
const RESERVED: [&str; 2] = ["anonymous", "operator"];

/// A caller of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The stable name.
    pub principal: Principal,
    /// What they may do.
    pub roles: Roles,
    /// Where.
    pub areas: Areas,
}

/// The table.
#[derive(Debug, Default)]
pub struct Principals {
    holders: Vec<Arc<Holder>>,
    by_uri: HashMap<String, usize>,
    by_key: HashMap<Hash, usize>,
}

/// A line that is wrong, and the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// From 1.
    pub line: usize,
    /// What is wrong, then the fix.
    pub text: String,
}

/// The table cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TableError(pub Vec<Wrong>);

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self
            .0
            .iter()
            .map(|wrong| format!("line {}: {}", wrong.line, wrong.text));
        f.write_str(&lines.collect::<Vec<_>>().join("; "))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    principal: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: Spanned<String>,
    certificates: Spanned<Vec<Spanned<String>>>,
    roles: Spanned<Vec<Spanned<String>>>,
    areas: Spanned<Vec<Spanned<String>>>,
}

impl Principals {
    /// Reads the table.
    ///
    /// # Errors
    /// [`TableError`] with every line that is wrong; the first alone where the text is no TOML of this form.
    pub fn read(text: &str) -> Result<Principals, TableError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, &span));
            let text = format!("{}: see deploy/principals.toml for the form", error.message());
            TableError(vec![Wrong { line, text }])
        })?;
        let mut reading = Reading {
            text,
            table: Principals::default(),
            names: HashMap::new(),
            wrong: Vec::new(),
        };
        if file.principal.len() > PRINCIPAL_COUNT_MAX {
            let what = format!("more than {PRINCIPAL_COUNT_MAX} principals: divide the province among servers");
            reading.add(&(0..0), what);
        } else {
            for row in file.principal {
                reading.row(&row);
            }
        }
        if reading.wrong.is_empty() {
            Ok(reading.table)
        } else {
            reading.wrong.sort_by_key(|wrong| wrong.line);
            Err(TableError(reading.wrong))
        }
    }

    /// Who the certificate belongs to. None if nobody, and none if its key and its URIs name different callers.
    #[must_use]
    pub fn holder(&self, certificate: &Certificate) -> Option<&Arc<Holder>> {
        let by_uri = certificate.uris.iter().filter_map(|uri| self.by_uri.get(uri));
        let mut found = self.by_key.get(&certificate.key).into_iter().chain(by_uri);
        let first = found.next()?;
        if found.all(|other| other == first) {
            self.holders.get(*first)
        } else {
            None
        }
    }

    /// How many callers it names.
    #[must_use]
    pub fn count(&self) -> usize {
        self.holders.len()
    }
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.as_bytes()
        .iter()
        .take(span.start)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

struct Reading<'a> {
    text: &'a str,
    table: Principals,
    names: HashMap<String, usize>,
    wrong: Vec<Wrong>,
}

impl Reading<'_> {
    fn add(&mut self, span: &Range<usize>, text: String) {
        let line = line_of(self.text, span);
        self.wrong.push(Wrong { line, text });
    }

    fn row(&mut self, row: &Spanned<Row>) {
        let row = row.as_ref();
        let at = self.table.holders.len();
        let name = self.name(&row.name);
        let (roles, areas) = (self.roles(&row.roles), self.areas(&row.areas));
        self.certificates(&row.certificates, at);
        if let Some(principal) = name {
            self.table.holders.push(Arc::new(Holder {
                principal,
                roles,
                areas,
            }));
        }
    }

    fn name(&mut self, name: &Spanned<String>) -> Option<Principal> {
        let (text, span) = (name.as_ref(), name.span());
        let principal = match text.parse::<Principal>() {
            Ok(_) if RESERVED.contains(&text.as_str()) => {
                self.add(&span, format!("the name \"{text}\" is the service's own: give another"));
                return None;
            }
            Ok(principal) => principal,
            Err(error) => {
                self.add(&span, error.to_string());
                return None;
            }
        };
        let line = line_of(self.text, &span);
        if let Some(before) = self.names.insert(text.clone(), line) {
            let what = format!("\"{text}\" stands on line {before} already: give a principal one entry");
            self.add(&span, what);
            return None;
        }
        Some(principal)
    }

    fn roles(&mut self, listed: &Spanned<Vec<Spanned<String>>>) -> Roles {
        let mut found: Vec<Role> = Vec::new();
        for role in listed.as_ref() {
            match Role::from_code(role.as_ref()) {
                Some(role) => found.push(role),
                None => {
                    let known: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
                    let (what, known) = (role.as_ref(), known.join(", "));
                    self.add(&role.span(), format!("no role \"{what}\": give {known}"));
                }
            }
        }
        let roles: Roles = found.iter().copied().collect();
        if listed.as_ref().is_empty() {
            self.add(
                &listed.span(),
                "no role: give one, or take the principal out".to_owned(),
            );
        }
        for (one, other, why) in Role::APART {
            if roles.has(one) && roles.has(other) {
                let what = format!("\"{one}\" and \"{other}\" together: {why}, give them to two principals");
                self.add(&listed.span(), what);
            }
        }
        if roles.has(Role::AuditIdentity) && !roles.has(Role::Audit) {
            let what = "\"audit-identity\" alone opens nothing: give \"audit\" too".to_owned();
            self.add(&listed.span(), what);
        }
        roles
    }

    fn areas(&mut self, listed: &Spanned<Vec<Spanned<String>>>) -> Areas {
        let mut found: Vec<AreaCode> = Vec::new();
        for area in listed.as_ref() {
            match area_prefix(area.as_ref()) {
                Ok(area) => found.push(area),
                Err(error) => self.add(&area.span(), format!("\"{}\": {error}", area.as_ref())),
            }
        }
        if listed.as_ref().is_empty() {
            self.add(&listed.span(), "no area: give one, such as \"340321\"".to_owned());
        }
        Areas::new(found)
    }

    fn certificates(&mut self, listed: &Spanned<Vec<Spanned<String>>>, holder: usize) {
        for name in listed.as_ref() {
            let (text, span) = (name.as_ref().as_str(), name.span());
            let taken = if let Some(uri) = text.strip_prefix(URI).filter(|uri| uri.contains(':')) {
                self.table.by_uri.insert(uri.to_owned(), holder).is_some()
            } else if let Some(key) = text.strip_prefix(KEY).and_then(|key| key.parse::<Hash>().ok()) {
                self.table.by_key.insert(key, holder).is_some()
            } else {
                let what = format!("no certificate: give \"{URI}URI\" or \"{KEY}64 hex digits\"");
                self.add(&span, what);
                false
            };
            if taken {
                self.add(
                    &span,
                    "stands above already: a certificate is one principal's".to_owned(),
                );
            }
        }
        if listed.as_ref().is_empty() {
            self.add(
                &listed.span(),
                "no certificate: give one, or take the principal out".to_owned(),
            );
        }
    }
}

#[cfg(test)]
mod tests;
