//! How often one determination asks the database: once before it appends, and never after the commit.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use super::flow::{AREA, day, determine, publish, request_id, v01};
use super::*;
use crate::api::pb::review_service_client::ReviewServiceClient;
use crate::store::conformance::{TestDatabase, on_both};
use crate::store::{Dialect, Row, Store, StoreError, Transaction, Value};

on_both!(
    a_determination_reads_once_before_it_appends,
    a_review_of_a_case_reads_once_before_it_appends,
    a_review_that_leaves_the_persons_to_the_case_reads_once_more,
);

/// A store that counts the statements outside transactions, and the transactions.
pub(super) struct Counting {
    inner: Arc<dyn Store>,
    reads: AtomicU32,
    pub(super) transactions: AtomicU32,
}

impl Counting {
    pub(super) fn over(inner: Arc<dyn Store>) -> Counting {
        Counting {
            inner,
            reads: AtomicU32::new(0),
            transactions: AtomicU32::new(0),
        }
    }

    fn take(&self) -> (u32, u32) {
        (
            self.reads.swap(0, Ordering::SeqCst),
            self.transactions.swap(0, Ordering::SeqCst),
        )
    }
}

#[async_trait]
impl Store for Counting {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    async fn read(&self, sql: &str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        // Readiness asks for the first log and for the heads of the logs every two seconds.
        let of_readiness = ["FROM log WHERE log_id > $1", "FROM log AS l JOIN log_head"];
        if !of_readiness.iter().any(|part| sql.contains(part)) {
            self.reads.fetch_add(1, Ordering::SeqCst);
        }
        self.inner.read(sql, args).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.transactions.fetch_add(1, Ordering::SeqCst);
        self.inner.begin().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

/// A server with policies and one determination behind it, whose laws and logs are known.
async fn warm(database: &TestDatabase) -> (Arc<Counting>, Running, pb::DetermineResponse) {
    let counting = Arc::new(Counting::over(database.store().await));
    let running = serving(app_over(counting.clone()), tempfile::tempdir().expect("a folder")).await;
    publish(&running).await;
    let first = DeterminationServiceClient::new(running.channel.clone())
        .determine(determine(1))
        .await
        .expect("a determination")
        .into_inner();
    counting.take();
    (counting, running, first)
}

async fn a_determination_reads_once_before_it_appends(database: TestDatabase) {
    let (counting, running, _) = warm(&database).await;
    let mut client = DeterminationServiceClient::new(running.channel.clone());
    client.determine(determine(2)).await.expect("a determination");
    assert_eq!(counting.take(), (1, 1), "statements and transactions");
    let dry = pb::DetermineRequest {
        validate_only: true,
        ..determine(3)
    };
    client.determine(dry).await.expect("a dry run");
    assert_eq!(counting.take(), (1, 0), "a dry run begins nothing");
}

/// A review of the case by the same household, its members named as `person` says.
fn review(case: &str, number: u32, person: impl Fn(&str) -> String) -> pb::ReviewRequest {
    let mut input = v01();
    (input.decision_date, input.month) = (day(2021, 11, 18), day(2021, 11, 0));
    for member in &mut input.facts.as_mut().expect("facts").members {
        member.person = person(&member.id);
    }
    pb::ReviewRequest {
        request_id: request_id(number),
        case: case.to_owned(),
        cause: pb::Cause::Review as i32,
        input: Some(input),
        ..Default::default()
    }
}

async fn a_review_of_a_case_reads_once_before_it_appends(database: TestDatabase) {
    let (counting, running, first) = warm(&database).await;
    let determination = first.determination.expect("always there");
    let person = |id: &str| {
        let found = determination.persons.iter().find(|person| person.member_id == id);
        found.expect("every member").person.clone()
    };
    let mut client = ReviewServiceClient::new(running.channel.clone());
    client
        .review(review(&determination.case, 2, person))
        .await
        .expect("a review");
    assert_eq!(counting.take(), (1, 1), "statements and transactions in {AREA}");
}

async fn a_review_that_leaves_the_persons_to_the_case_reads_once_more(database: TestDatabase) {
    let (counting, running, first) = warm(&database).await;
    let determination = first.determination.expect("always there");
    let mut client = ReviewServiceClient::new(running.channel.clone());
    client
        .review(review(&determination.case, 2, |_| String::new()))
        .await
        .expect("a review");
    assert_eq!(counting.take(), (2, 1), "the case's sealed state names the persons");
}
