//! Who calls, and the trace that the call belongs to. Both are sealed with what the call records.

use std::fmt;

use super::rights::{Areas, Roles};
pub use crate::telemetry::context::TraceContext;

/// Longest name of a principal: a column of the request table and a sealed string.
pub const PRINCIPAL_SIZE_MAX_BYTES: usize = 64;

/// The stable name of a caller: never a certificate or a token, which change while the caller stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal(String);

/// The text is not the name of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a principal: give 1 to 64 small letters, digits, '.', '_' or '-'")]
pub struct PrincipalError;

impl Principal {
    /// The caller of a server that asks nobody who they are.
    #[must_use]
    pub fn anonymous() -> Principal {
        Principal("anonymous".to_owned())
    }

    /// Whoever works at the server's own command line.
    #[must_use]
    pub fn operator() -> Principal {
        Principal("operator".to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
        if text.is_empty() || text.len() > PRINCIPAL_SIZE_MAX_BYTES || !text.bytes().all(plain) {
            return Err(PrincipalError);
        }
        Ok(Principal(text.to_owned()))
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who calls and in which trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The stable name.
    pub principal: Principal,
    /// The place of the call in a trace; none at the command line.
    pub trace: Option<TraceContext>,
    /// The call came from the same machine, and nobody is asked for certificates.
    pub local: bool,
    /// What the caller may do.
    pub roles: Roles,
    /// Where.
    pub areas: Areas,
}

impl Caller {
    /// A caller at the server's own command line.
    #[must_use]
    pub fn new(principal: Principal) -> Caller {
        Caller {
            principal,
            trace: None,
            local: false,
            roles: Roles::of_loopback(),
            areas: Areas::everywhere(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_has_no_room_for_a_sentence() {
        assert!("province-34.civil_affairs".parse::<Principal>().is_ok());
        for other in ["", "A", "two words", &"a".repeat(65)] {
            assert_eq!(other.parse::<Principal>(), Err(PrincipalError), "{other}");
        }
    }
}
