//! One caller: a call at a time, asked again with the same request id until it is acknowledged.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use doudi::api::pb;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tonic::{Code, Request, Status, TimeoutExpired};
use tonic_types::StatusExt;
use uuid::Uuid;

use crate::answers::{Answer, Counts};
use crate::clock::{Clock, micros};
use crate::pace::Pace;
use crate::servers::Servers;

/// Longer than any acknowledged answer may take on a busy machine, shorter than a hung test is tolerable.
const CALL_MAX: Duration = Duration::from_secs(30);

/// Before a call is asked again: what the error texts ask for, and no busy loop.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What all callers count together.
#[derive(Default)]
pub struct Tally {
    sent: AtomicU64,
    refusals: Mutex<BTreeMap<(&'static str, Option<String>), u64>>,
}

impl Tally {
    fn refused(&self, code: &'static str, reason: Option<String>) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        *refusals.entry((code, reason)).or_default() += 1;
    }

    /// Everything in one line.
    pub fn summary(&self, acknowledged: Counts, skipped: u64) -> Value {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let refusals: Vec<Value> = refusals
            .iter()
            .map(|((code, reason), count)| json!({"code": code, "reason": reason, "count": count}))
            .collect();
        json!({"summary": {
            "sent": self.sent.load(Ordering::Relaxed),
            "skipped": skipped,
            "acknowledged": acknowledged.count,
            "refusals": refusals,
            "took_us": {"p50": acknowledged.took_us[0], "p99": acknowledged.took_us[1]},
            "since_due_us": {"p50": acknowledged.since_due_us[0], "p99": acknowledged.since_due_us[1]},
        }})
    }
}

/// A caller and what it shares with the others.
pub struct Caller {
    pub at: usize,
    pub template: pb::DetermineRequest,
    pub servers: Arc<Servers>,
    pub pace: Arc<Pace>,
    pub tally: Arc<Tally>,
    pub answers: Sender<Answer>,
    pub clock: Clock,
    pub stopped: watch::Receiver<bool>,
}

impl Caller {
    /// Calls until it is told to stop, or until something happens that no retry may mend.
    pub async fn run(mut self) -> Result<(), String> {
        loop {
            let due = self.pace.next();
            tokio::select! {
                biased;
                _ = self.stopped.wait_for(|stopped| *stopped) => return Ok(()),
                () = sleep_until(due) => {}
            }
            let mut request = self.template.clone();
            request.request_id = Uuid::new_v4().to_string();
            self.tally.sent.fetch_add(1, Ordering::Relaxed);
            let answer = self.ask(request, due).await?;
            self.answers
                .send(answer)
                .map_err(|_| "answers cannot be written down any more")?;
        }
    }

    async fn ask(&self, request: pb::DetermineRequest, due: Instant) -> Result<Answer, String> {
        loop {
            let mut call = Request::new(request.clone());
            call.set_timeout(CALL_MAX);
            let mut client = self.servers.client(self.at);
            let began = Instant::now();
            let status = match client.determine(call).await {
                Ok(answered) => {
                    let took = began.elapsed();
                    return Ok(Answer {
                        request_id: request.request_id,
                        due_us: self.clock.at(due),
                        began_us: self.clock.at(began),
                        took_us: micros(took),
                        acknowledgement: (answered.into_inner().acknowledgement)
                            .ok_or("an answer has no acknowledgement; take validate_only out of the request")?,
                    });
                }
                Err(status) => status,
            };
            let code = again(&status).ok_or_else(|| {
                let reason = reason(&status).unwrap_or_default();
                format!(
                    "a call was refused for good: {:?} {reason}: {}",
                    status.code(),
                    status.message()
                )
            })?;
            self.tally.refused(code, reason(&status));
            sleep(AGAIN_AFTER).await;
            self.servers.read_again()?;
        }
    }
}

fn reason(status: &Status) -> Option<String> {
    status.get_details_error_info().map(|info| info.reason)
}

/// The name of a status after which a call is made again, as the error texts say; none for all others.
fn again(status: &Status) -> Option<&'static str> {
    // A status with a source was made here, not by the server: the connection broke, or nobody listens. Which code it
    // has depends on where in the exchange that happened; all other clients call it UNAVAILABLE.
    if let Some(source) = status.source() {
        return Some(if is_timeout(source) {
            "DEADLINE_EXCEEDED"
        } else {
            "UNAVAILABLE"
        });
    }
    match status.code() {
        Code::Unavailable => Some("UNAVAILABLE"),
        Code::ResourceExhausted => Some("RESOURCE_EXHAUSTED"),
        Code::Aborted => Some("ABORTED"),
        Code::DeadlineExceeded => Some("DEADLINE_EXCEEDED"),
        _ => None,
    }
}

fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    error.is::<TimeoutExpired>() || error.source().is_some_and(is_timeout)
}
