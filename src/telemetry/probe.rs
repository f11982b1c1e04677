//! What probes are told: whether the server has started, whether it is ready, and if not, why.

use std::sync::{Mutex, PoisonError};

/// How the server stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    started: bool,
    draining: bool,
    unready: Option<String>,
    read_only: Vec<String>,
}

/// Kept by the server, read by the listener of operations.
#[derive(Debug, Default)]
pub struct Probes(Mutex<State>);

/// The answer to a probe: whether all is well, and in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether the probe passes.
    pub passes: bool,
    /// A line for each thing that an operator should know.
    pub text: String,
}

impl Answer {
    fn new(passes: bool, lines: &[String]) -> Answer {
        let mut text = if passes {
            "ok\n".to_owned()
        } else {
            "not ok\n".to_owned()
        };
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        Answer { passes, text }
    }
}

impl Probes {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The server looked at its readiness: what stands against it, and which logs are read-only.
    pub fn looked(&self, unready: Option<String>, read_only: Vec<String>) {
        self.with(|state| {
            state.started |= unready.is_none();
            state.unready = unready;
            state.read_only = read_only;
        });
    }

    /// The server shuts down.
    pub fn draining(&self) {
        self.with(|state| state.draining = true);
    }

    /// Whether the process lives: that it answers is the proof.
    #[must_use]
    pub fn live(&self) -> Answer {
        Answer::new(true, &[])
    }

    /// Whether the server was ready once.
    #[must_use]
    pub fn started(&self) -> Answer {
        self.with(|state| {
            let why: Vec<String> = if state.started { Vec::new() } else { why(state) };
            Answer::new(state.started, &why)
        })
    }

    /// Whether calls should come here. A read-only log is told and is no reason: it answers reads, and no other replica
    /// would append to it either.
    #[must_use]
    pub fn ready(&self) -> Answer {
        self.with(|state| {
            let mut lines = why(state);
            let passes = lines.is_empty();
            let read_only = state.read_only.iter();
            lines.extend(read_only.map(|log| format!("read-only log: {log}: see doudi_log_read_only and the alarms")));
            Answer::new(passes, &lines)
        })
    }
}

/// What stands against readiness.
fn why(state: &State) -> Vec<String> {
    let mut lines = Vec::new();
    if state.draining {
        lines.push("draining: the server shuts down".to_owned());
    }
    if let Some(cause) = &state.unready {
        lines.push(format!("database: {cause}"));
    } else if !state.started {
        lines.push("starting: the database was not looked at yet".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_ready_once_it_looked_and_until_it_drains() {
        let probes = Probes::default();
        assert!(probes.live().passes && !probes.ready().passes && !probes.started().passes);
        probes.looked(None, Vec::new());
        assert!(probes.ready().passes && probes.started().passes);
        probes.draining();
        let ready = probes.ready();
        assert!(!ready.passes && ready.text.contains("draining"), "{}", ready.text);
        assert!(
            probes.live().passes && probes.started().passes,
            "it is not to be killed while it drains"
        );
    }

    #[test]
    fn a_database_that_is_away_is_named_and_comes_back() {
        let probes = Probes::default();
        probes.looked(Some("does not answer".to_owned()), Vec::new());
        assert_eq!(probes.ready().text, "not ok\ndatabase: does not answer\n");
        assert!(!probes.started().passes);
        probes.looked(None, Vec::new());
        probes.looked(Some("does not answer".to_owned()), Vec::new());
        assert!(probes.started().passes && !probes.ready().passes, "a start is once");
    }

    #[test]
    fn a_read_only_log_is_told_and_does_not_take_the_server_away() {
        let probes = Probes::default();
        probes.looked(None, vec!["doudi.example/340321/1".to_owned()]);
        let ready = probes.ready();
        assert!(
            ready.passes && ready.text.contains("doudi.example/340321/1"),
            "{}",
            ready.text
        );
    }
}
