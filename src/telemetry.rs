//! Log lines of the server: to the error stream, as text or JSON, never with personal data.
//!
//! An event names what happened by stable field names; facts, names and documents are never fields. Only the layer
//! that writes lines is filtered: a global filter would also switch off the spans that carry the trace id.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::config::LogFormat;

/// Our own events, and of the libraries only what is wrong: their finer events may name bind values and paths.
pub const FILTER_DEFAULT: &str = "warn,doudi=info";

/// Logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not in the syntax of `RUST_LOG`.
    #[error("log filter: {0}: write it like `{FILTER_DEFAULT}`")]
    Filter(#[from] ParseError),
    /// Something else in this process has already set it up.
    #[error("logging is already set up in this process")]
    Twice,
}

/// Reads a filter.
///
/// # Errors
/// [`TelemetryError::Filter`].
pub fn filter(text: &str) -> Result<EnvFilter, TelemetryError> {
    Ok(EnvFilter::try_new(text)?)
}

/// Sets up logging for the rest of the process.
pub fn start(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let filter = self::filter(filter)?;
    // A file or a collector reads plain lines.
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    registry()
        .with(lines.with_filter(filter))
        .try_init()
        .map_err(|_| TelemetryError::Twice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_refused_with_an_example() {
        let error = start(LogFormat::Text, "doudi=loudly").unwrap_err();
        assert!(error.to_string().contains(FILTER_DEFAULT), "{error}");
    }
}
