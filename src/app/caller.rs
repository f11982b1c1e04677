//! Who calls, and the trace that the call belongs to. Both are sealed with what the call records.

use std::fmt;

use super::rights::{Areas, Roles};

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

/// The W3C trace context that a call arrived with. It comes from the caller: never a key, never a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// 32 hex digits, not all zero.
    pub trace_id: String,
    /// The caller's span, 16 hex digits, not all zero.
    pub parent_span_id: String,
    /// The flags, as sent.
    pub flags: u8,
}

impl TraceContext {
    /// Reads a `traceparent` header of version 00; any other is no context.
    #[must_use]
    pub fn from_traceparent(header: &str) -> Option<TraceContext> {
        let mut parts = header.split('-');
        let (Some("00"), Some(trace_id), Some(span_id), Some(flags), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let id = |text: &str, digits: usize| {
            text.len() == digits
                && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
                && text.bytes().any(|b| b != b'0')
        };
        if !id(trace_id, 32) || !id(span_id, 16) || flags.len() != 2 {
            return None;
        }
        Some(TraceContext {
            trace_id: trace_id.to_owned(),
            parent_span_id: span_id.to_owned(),
            flags: u8::from_str_radix(flags, 16).ok()?,
        })
    }
}

/// Who calls and in which trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The stable name.
    pub principal: Principal,
    /// The trace, where the caller sent one.
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
    fn a_traceparent_of_version_00_is_read_and_others_are_ignored() {
        let sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let read = TraceContext::from_traceparent(sent).expect("a context");
        assert_eq!(
            (read.trace_id.as_str(), read.flags),
            ("4bf92f3577b34da6a3ce929d0e0e4736", 1)
        );
        for other in [
            "",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            assert_eq!(TraceContext::from_traceparent(other), None, "{other}");
        }
    }

    #[test]
    fn a_principal_has_no_room_for_a_sentence() {
        assert!("province-34.civil_affairs".parse::<Principal>().is_ok());
        for other in ["", "A", "two words", &"a".repeat(65)] {
            assert_eq!(other.parse::<Principal>(), Err(PrincipalError), "{other}");
        }
    }
}
