//! W3C trace context: what a call arrives with, and the place in a trace that its record names.
//!
//! A trace id comes from the caller: it finds things, it is never a key and never a proof.

use http::HeaderMap;
use uuid::Uuid;

/// The header of W3C trace context.
pub const TRACEPARENT_HEADER: &str = "traceparent";

/// The flag that says that the caller keeps its part of the trace.
pub const SAMPLED: u8 = 1;

/// What a `traceparent` header of version 00 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// The trace, not all zero.
    pub trace_id: [u8; 16],
    /// The caller's span, not all zero.
    pub span_id: [u8; 8],
    /// The flags, as sent.
    pub flags: u8,
}

impl Inbound {
    /// Reads a header; any but one of version 00 is no context.
    #[must_use]
    pub fn read(header: &str) -> Option<Inbound> {
        let mut parts = header.split('-');
        let (Some("00"), Some(trace_id), Some(span_id), Some(flags), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let [flags] = hex_of(flags)?;
        Some(Inbound {
            trace_id: hex_of(trace_id).filter(not_zero)?,
            span_id: hex_of(span_id).filter(not_zero)?,
            flags,
        })
    }

    /// Of the headers of a call, if they have one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Inbound> {
        Inbound::read(headers.get(TRACEPARENT_HEADER)?.to_str().ok()?)
    }
}

/// So many bytes, from exactly as many pairs of small hex digits.
fn hex_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    let small = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let mut bytes = [0; N];
    if !text.bytes().all(small) {
        return None;
    }
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

fn not_zero<const N: usize>(bytes: &[u8; N]) -> bool {
    bytes.iter().any(|byte| *byte != 0)
}

/// Whether a text is a trace id: 32 small hex digits, not all zero.
#[must_use]
pub fn is_trace_id(text: &str) -> bool {
    hex_of::<16>(text).is_some_and(|bytes| not_zero(&bytes))
}

/// The place of one call in its trace. It is sealed with what the call records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// 32 hex digits, not all zero.
    pub trace_id: String,
    /// The span of this server, 16 hex digits, also where it is not kept.
    pub span_id: String,
    /// The caller's span; nothing where it sent none.
    pub parent_span_id: Option<String>,
    /// The flags of the server's span; where nothing is exported, those that the caller sent.
    pub flags: u8,
}

impl TraceContext {
    /// The context of a call whose span nobody exports: in the caller's trace, or in one of its own.
    #[must_use]
    pub fn begin(inbound: Option<Inbound>) -> TraceContext {
        // 122 random bits, never all zero; of a span's eight bytes as many as are there.
        let (trace, span) = (Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes());
        TraceContext {
            trace_id: hex::encode(inbound.map_or(trace, |inbound| inbound.trace_id)),
            span_id: hex::encode(&span[..8]),
            parent_span_id: inbound.map(|inbound| hex::encode(inbound.span_id)),
            flags: inbound.map_or(0, |inbound| inbound.flags),
        }
    }

    /// Whether somebody keeps the trace.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_of_version_00_is_read_and_others_are_ignored() {
        let read = Inbound::read(SENT).expect("a context");
        assert_eq!(hex::encode(read.trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(
            (hex::encode(read.span_id).as_str(), read.flags),
            ("00f067aa0ba902b7", 1)
        );
        for other in [
            "",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Inbound::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_call_has_a_trace_and_a_span_of_its_own_whatever_it_arrives_with() {
        let within = TraceContext::begin(Inbound::read(SENT));
        assert_eq!(within.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(within.parent_span_id.as_deref(), Some("00f067aa0ba902b7"));
        assert!(within.is_sampled() && within.span_id != "00f067aa0ba902b7");
        let (alone, another) = (TraceContext::begin(None), TraceContext::begin(None));
        assert!(is_trace_id(&alone.trace_id) && alone.trace_id != another.trace_id);
        assert_eq!((alone.span_id.len(), alone.parent_span_id, alone.flags), (16, None, 0));
    }

    #[test]
    fn a_trace_id_is_32_small_hex_digits() {
        assert!(is_trace_id("4bf92f3577b34da6a3ce929d0e0e4736"));
        for other in [
            "",
            "4bf92f3577b34da6a3ce929d0e0e473",
            "4bf92f3577b34da6a3ce929d0e0e47360",
            "4BF92F3577B34DA6A3CE929D0E0E4736",
            "00000000000000000000000000000000",
            "x-f92f3577b34da6a3ce929d0e0e4736",
        ] {
            assert!(!is_trace_id(other), "{other}");
        }
    }
}
