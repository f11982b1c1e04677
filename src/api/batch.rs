//! Streams of decisions: each item has a correlation id and a status of its own; one that fails does not end the
//! stream. Items begin in the order of arrival, a bounded number at a time, and answers leave as they are ready.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use tokio::sync::Semaphore;
use tonic::{Request, Status};
use tracing::{Instrument as _, Span};

use super::admission::outcome::Outcomes;
use super::admission::rate::Pace;
use super::answers::{Answers, answers};
use super::auth::Known;
use super::decode::limits::CORRELATION_ID_SIZE_MAX_BYTES;
use super::status;
use crate::app::AppError;
use crate::app::error::Violation;
use crate::shutdown::Drain;
use crate::telemetry::span;

/// Items of one stream at work. A sequencer gathers up to 256 items for one commit; a few streams fill that.
pub const ITEM_COUNT_MAX: usize = 64;

/// Streams at one time, each with its items at work.
pub const STREAM_COUNT_MAX: usize = 64;

/// Longest wait for the next item. A client that has nothing to send ends its stream and begins another.
const IDLE_TIME_MAX: Duration = Duration::from_secs(300);

/// When a caller should come back who found every stream taken.
const OVERLOADED_RETRY: Duration = Duration::from_secs(1);

/// Runs streams within their limits.
#[derive(Clone, Debug)]
pub struct Batches {
    drain: Drain,
    outcomes: Arc<Outcomes>,
    streams: Arc<Semaphore>,
    item_time_max: Duration,
}

/// An item: its correlation id and its request.
pub struct Item<Q> {
    /// The caller's.
    pub correlation_id: String,
    /// The field of the request.
    pub field: &'static str,
    /// The request, if there is one.
    pub request: Option<Q>,
}

/// What is wrong with an item beside its request. It is told with what is wrong inside, at once.
#[derive(Debug)]
#[must_use]
pub struct Beside(Vec<Violation>);

impl Beside {
    /// The decoded request, or everything that is wrong with the item.
    ///
    /// # Errors
    /// [`AppError::Invalid`]; any other error of the request stands as it is.
    pub fn with<T>(self, decoded: Result<T, AppError>) -> Result<T, AppError> {
        let Beside(mut violations) = self;
        match decoded {
            Ok(decoded) if violations.is_empty() => Ok(decoded),
            Ok(_) => Err(AppError::Invalid(violations)),
            Err(AppError::Invalid(inside)) => {
                violations.extend(inside);
                Err(AppError::Invalid(violations))
            }
            Err(error) => Err(error),
        }
    }
}

impl Batches {
    /// No streams yet; an item may take as long as a call of its own.
    #[must_use]
    pub fn new(drain: Drain, outcomes: Arc<Outcomes>) -> Batches {
        Batches {
            drain,
            outcomes,
            streams: Arc::new(Semaphore::new(STREAM_COUNT_MAX)),
            item_time_max: super::admission::CALL_TIME_MAX,
        }
    }

    /// Answers every item of a stream. `work` decodes and decides one, `answer` makes the message of its result. Items wait until
    /// the caller's rate, if there is one, lets them begin.
    ///
    /// The stream ends with the input; with SHUTTING_DOWN when the server drains, once the items at work are answered;
    /// with the error of a new call when the caller may not make it any more; with DEADLINE_EXCEEDED when no item comes or
    /// no answer is taken for too long; and with the input's own error.
    ///
    /// # Errors
    /// [`AppError::Overloaded`] if too many streams are open.
    pub fn run<M, Q, T, R, W, F>(
        &self,
        request: Request<impl Stream<Item = Result<M, Status>> + Send + Unpin + 'static>,
        item: impl Fn(M) -> Item<Q> + Send + 'static,
        work: W,
        answer: impl Fn(String, Result<T, AppError>) -> R + Clone + Send + 'static,
    ) -> Result<Answers<R>, AppError>
    where
        M: Send + 'static,
        Q: Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
        W: Fn(Q, Beside) -> F + Clone + Send + 'static,
        F: Future<Output = Result<T, AppError>> + Send + 'static,
    {
        let overloaded = AppError::Overloaded {
            retry_after: OVERLOADED_RETRY,
        };
        let stream = Arc::clone(&self.streams).try_acquire_owned().map_err(|_| overloaded)?;
        // Unread answers hold back new items: a slow reader slows itself.
        let (teller, ending, answers) = answers(ITEM_COUNT_MAX);
        let items = Arc::new(Semaphore::new(ITEM_COUNT_MAX));
        let pace = request.extensions().get::<Pace>().cloned();
        let known = request.extensions().get::<Known>().cloned();
        let (mut input, mut drain, time_max) = (request.into_inner(), self.drain.clone(), self.item_time_max);
        let (call, outcomes) = (Span::current(), Arc::clone(&self.outcomes));
        tokio::spawn(async move {
            let end = loop {
                let place = tokio::select! {
                    biased;
                    () = drain.begun() => break Some(status::status(&AppError::ShuttingDown)),
                    () = teller.unread() => break Some(status::status(&AppError::Unread)),
                    place = Arc::clone(&items).acquire_owned() => place,
                };
                let Ok(place) = place else { break None };
                let next = tokio::select! {
                    // Draining first: an endless input must not keep the server.
                    biased;
                    () = drain.begun() => break Some(status::status(&AppError::ShuttingDown)),
                    () = teller.unread() => break Some(status::status(&AppError::Unread)),
                    next = tokio::time::timeout(IDLE_TIME_MAX, input.next()) => next,
                };
                let message = match next {
                    Ok(Some(Ok(message))) => message,
                    Ok(Some(Err(error))) => break Some(status::of_transport(&error).unwrap_or(error)),
                    Ok(None) => break None,
                    Err(_idle) => break Some(status::status(&AppError::DeadlineExceeded)),
                };
                if let Some(pace) = &pace {
                    tokio::select! {
                        biased;
                        () = drain.begun() => break Some(status::status(&AppError::ShuttingDown)),
                        () = teller.unread() => break Some(status::status(&AppError::Unread)),
                        () = pace.next() => {}
                    }
                }
                // Whoever was taken out of the table begins no further item.
                if let Some(Err(gone)) = known.as_ref().map(Known::again) {
                    break Some(status::status(&gone));
                }
                let Item {
                    correlation_id,
                    field,
                    request,
                } = item(message);
                let (work, answer, teller) = (work.clone(), answer.clone(), teller.clone());
                let outcomes = Arc::clone(&outcomes);
                let span = call.in_scope(span::item);
                tokio::spawn(async move {
                    let result = match checked(&correlation_id, field, request) {
                        // A task of its own, so that a panic is this item's error alone.
                        Ok((request, beside)) => {
                            let work = tokio::time::timeout(time_max, work(request, beside));
                            finished(tokio::spawn(work.instrument(span)).await)
                        }
                        Err(error) => Err(error),
                    };
                    if let Err(error) = &result {
                        outcomes.item_refused(error);
                    }
                    // A caller that is gone asks again with the same request id.
                    teller.tell(answer(echo(correlation_id), result)).await;
                    drop(place);
                });
            };
            // Wait until the items at work have answered or given up their reader, so that the end comes last.
            let count = u32::try_from(ITEM_COUNT_MAX).unwrap_or(u32::MAX);
            drop(items.acquire_many(count).await);
            if let Some(status) = end {
                ending.with_status(status);
            }
            drop(stream);
        });
        Ok(answers)
    }
}

type Timed<T> = Result<Result<T, AppError>, tokio::time::error::Elapsed>;

fn finished<T>(result: Result<Timed<T>, tokio::task::JoinError>) -> Result<T, AppError> {
    match result {
        Ok(Ok(result)) => result,
        Ok(Err(_elapsed)) => Err(AppError::DeadlineExceeded),
        Err(_panic) => Err(AppError::internal(&"an item of a stream panicked")),
    }
}

fn checked<Q>(correlation_id: &str, field: &str, request: Option<Q>) -> Result<(Q, Beside), AppError> {
    let mut violations = Vec::new();
    let mut add = |field: &str, description: String| {
        violations.push(Violation {
            field: field.to_owned(),
            description,
        });
    };
    if correlation_id.is_empty() || correlation_id.len() > CORRELATION_ID_SIZE_MAX_BYTES {
        add(
            "correlation_id",
            format!("has another size: give 1 to {CORRELATION_ID_SIZE_MAX_BYTES} bytes"),
        );
    }
    if request.is_none() {
        add(field, "is missing: this field is required".to_owned());
    }
    match request {
        Some(request) => Ok((request, Beside(violations))),
        None => Err(AppError::Invalid(violations)),
    }
}

/// The correlation id, as far as it may be repeated.
fn echo(correlation_id: String) -> String {
    if correlation_id.len() <= CORRELATION_ID_SIZE_MAX_BYTES {
        correlation_id
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::api::admission::outcome::Outcomes;
    use crate::api::admission::rate::{Buckets, Rate};
    use crate::api::answers::READER_TIME_MAX;
    use crate::app::caller::Principal;
    use crate::shutdown::DrainSwitch;

    type Message = (&'static str, u64);

    fn item((correlation_id, number): Message) -> Item<u64> {
        Item {
            correlation_id: correlation_id.to_owned(),
            field: "number",
            request: Some(number),
        }
    }

    fn answer(id: String, result: Result<u64, AppError>) -> (String, Option<u64>) {
        (id, result.ok())
    }

    async fn collect(mut answers: Answers<(String, Option<u64>)>) -> (Vec<(String, Option<u64>)>, Option<Status>) {
        let mut found = Vec::new();
        while let Some(next) = answers.next().await {
            match next {
                Ok(item) => found.push(item),
                Err(status) => return (found, Some(status)),
            }
        }
        found.sort();
        (found, None)
    }

    fn caller() -> Principal {
        "a".parse().expect("a name")
    }

    /// So many items of a caller with this rate, and the buckets of all callers.
    fn paced(
        count: u64,
        rate: Rate,
        outcomes: Arc<Outcomes>,
    ) -> (
        Request<impl Stream<Item = Result<Message, Status>> + Unpin>,
        Arc<Buckets>,
    ) {
        let buckets = Arc::new(Buckets::new(rate));
        let mut request = Request::new(futures::stream::iter((0..count).map(|number| Ok(("x", number)))));
        let pace = Pace::new(Arc::clone(&buckets), caller(), outcomes);
        request.extensions_mut().insert(pace);
        (request, buckets)
    }

    #[tokio::test]
    async fn an_item_that_fails_or_panics_does_not_end_the_stream() {
        let (_switch, drain) = DrainSwitch::new();
        let input = futures::stream::iter([("a", 1), ("b", 2), ("c", 3), ("", 4)].map(Ok));
        let work = |number: u64, beside: Beside| async move {
            match beside.with(Ok(number))? {
                2 => Err(AppError::CaseChanged),
                3 => panic!("in an item"),
                other => Ok(other * 10),
            }
        };
        let answers = Batches::new(drain, Arc::default())
            .run(Request::new(input), item, work, answer)
            .expect("a stream is free");
        let (found, end) = collect(answers).await;
        let expected = [("", None), ("a", Some(10)), ("b", None), ("c", None)];
        assert_eq!(found, expected.map(|(id, number)| (id.to_owned(), number)));
        assert!(end.is_none());
    }

    #[test]
    fn an_item_is_told_at_once_what_is_wrong_with_it_and_with_its_request() {
        let told = |result: Result<u64, AppError>| match result {
            Err(AppError::Invalid(violations)) => violations.into_iter().map(|violation| violation.field).collect(),
            Ok(_) | Err(_) => Vec::new(),
        };
        let wrong = AppError::Invalid(vec![Violation {
            field: "area".to_owned(),
            description: "wrong".to_owned(),
        }]);
        let (_, beside) = checked("", "review", Some(1)).expect("a request");
        assert_eq!(told(beside.with(Err(wrong))), ["correlation_id", "area"]);
        let (_, beside) = checked("", "review", Some(1)).expect("a request");
        assert_eq!(told(beside.with(Ok(1))), ["correlation_id"]);
        let missing = checked("", "review", None::<u64>).map(|(number, _)| number);
        assert_eq!(told(missing), ["correlation_id", "review"]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_items_than_the_limit_are_at_work() {
        let (_switch, drain) = DrainSwitch::new();
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&most);
        let work = move |number: u64, _| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(5)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(number)
            }
        };
        let input = futures::stream::iter((0..500).map(|number| Ok(("x", number))));
        let answers = Batches::new(drain, Arc::default())
            .run(Request::new(input), item, work, answer)
            .expect("a stream is free");
        assert_eq!(collect(answers).await.0.len(), 500);
        assert_eq!(seen.load(Ordering::SeqCst), ITEM_COUNT_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn items_wait_for_the_rate_of_their_caller_and_none_is_refused() {
        let (_switch, drain) = DrainSwitch::new();
        for (dry_run, expected_ms) in [(false, 700), (true, 0)] {
            let rate = Rate {
                calls_per_second: 10,
                burst: 3,
                dry_run,
            };
            let outcomes = Arc::<Outcomes>::default();
            let (request, buckets) = paced(10, rate, Arc::clone(&outcomes));
            let began = tokio::time::Instant::now();
            let work = |number: u64, _| async move { Ok(number) };
            let answers = Batches::new(drain.clone(), Arc::default()).run(request, item, work, answer);
            let (found, end) = collect(answers.expect("a stream is free")).await;
            assert_eq!((found.len(), end.is_none()), (10, true));
            assert!(found.iter().all(|(_, answer)| answer.is_some()));
            assert_eq!(began.elapsed().as_millis(), expected_ms);
            // A call beside the stream meets the same bucket.
            assert!(buckets.take(&caller()).is_err());
            assert_eq!(outcomes.limited_counts(), (0, if dry_run { 7 } else { 0 }));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_waits_for_its_rate_ends_when_the_server_drains() {
        let (switch, drain) = DrainSwitch::new();
        let rate = Rate {
            calls_per_second: 1,
            burst: 1,
            dry_run: false,
        };
        let (request, _) = paced(3_600, rate, Arc::default());
        let work = |number: u64, _| async move { Ok(number) };
        let answers = Batches::new(drain, Arc::default()).run(request, item, work, answer);
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        switch.refuse_new_calls();
        let (found, end) = collect(answers.expect("a stream is free")).await;
        assert_eq!(found.len(), 2);
        assert_eq!(end.map(|status| status.code()), Some(tonic::Code::Unavailable));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_no_answers_loses_its_place_and_is_told_to_ask_again() {
        let (_switch, drain) = DrainSwitch::new();
        let batches = Batches::new(drain, Arc::default());
        let endless = futures::stream::repeat(Ok(("x", 1)));
        let quiet = futures::stream::iter((0..70).map(|_| Ok(("x", 1)))).chain(futures::stream::pending());
        let work = |number: u64, _| async move { Ok(number) };
        let unread = [
            batches.run(Request::new(endless.boxed()), item, work, answer),
            batches.run(Request::new(quiet.boxed()), item, work, answer),
        ];
        tokio::time::sleep(READER_TIME_MAX - Duration::from_secs(1)).await;
        assert_eq!(batches.streams.available_permits(), STREAM_COUNT_MAX - 2);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(batches.streams.available_permits(), STREAM_COUNT_MAX);
        for answers in unread {
            let (found, end) = collect(answers.expect("a stream is free")).await;
            assert_eq!(found.len(), ITEM_COUNT_MAX, "what waited is told still");
            let end = end.expect("answers are missing");
            assert_eq!(end.code(), tonic::Code::DeadlineExceeded);
            assert!(end.message().contains("same request_id"), "{end}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_answers_slowly_gets_them_all() {
        let (_switch, drain) = DrainSwitch::new();
        let input = futures::stream::iter((0..200).map(|number| Ok(("x", number))));
        let work = |number: u64, _| async move { Ok(number) };
        let answers = Batches::new(drain, Arc::default()).run(Request::new(input), item, work, answer);
        let mut answers = answers.expect("a stream is free");
        let mut count = 0;
        while let Some(next) = answers.next().await {
            next.expect("no error ends it");
            count += 1;
            tokio::time::sleep(READER_TIME_MAX - Duration::from_secs(1)).await;
        }
        assert_eq!(count, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_draining_server_answers_what_is_at_work_and_then_ends_the_stream() {
        let (switch, drain) = DrainSwitch::new();
        let input = futures::stream::iter([Ok(("a", 1))]).chain(futures::stream::pending());
        let work = |number: u64, _| async move {
            tokio::time::sleep(Duration::from_secs(2)).await;
            Ok(number)
        };
        let answers = Batches::new(drain, Arc::default())
            .run(Request::new(input), item, work, answer)
            .expect("a stream is free");
        tokio::time::sleep(Duration::from_secs(1)).await;
        switch.refuse_new_calls();
        let (found, end) = collect(answers).await;
        assert_eq!(found, [("a".to_owned(), Some(1))]);
        assert_eq!(end.map(|status| status.code()), Some(tonic::Code::Unavailable));
    }

    #[tokio::test(start_paused = true)]
    async fn an_item_beyond_its_time_has_an_unknown_outcome_and_a_silent_stream_ends() {
        let (_switch, drain) = DrainSwitch::new();
        let input = futures::stream::iter([Ok(("a", 1))]).chain(futures::stream::pending());
        let work = |_: u64, _| std::future::pending::<Result<u64, AppError>>();
        let answers = Batches::new(drain, Arc::default())
            .run(Request::new(input), item, work, answer)
            .expect("a stream is free");
        let (found, end) = collect(answers).await;
        assert_eq!(found, [("a".to_owned(), None)]);
        assert_eq!(end.map(|status| status.code()), Some(tonic::Code::DeadlineExceeded));
    }
}
