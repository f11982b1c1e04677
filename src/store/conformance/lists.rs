//! Lists page by page: every row once, in one order, whatever the page size.

use super::sample::{access, area, case_head, full_batch, index, log_row, record_id, size, span, write};
use super::{TestDatabase, on_both};
use crate::store::DueBegin;

on_both!(
    everything_written_is_read_back,
    records_are_listed_by_area_and_by_case,
    due_reviews_and_grace_periods_are_listed_by_date,
    spans_of_a_case_are_replaced_as_a_whole,
    an_access_is_open_until_an_entry_takes_it_and_never_lost,
);

async fn everything_written_is_read_back(database: TestDatabase) {
    let store = database.store().await;
    let batch = full_batch();
    write(&store, batch.clone()).await.expect("an empty database");
    let log_id = log_row().log_id;
    assert_eq!(
        store.entries(log_id, index(0), 1000).await.expect("readable"),
        batch.entries
    );
    assert_eq!(
        store.entries(log_id, index(250), 3).await.expect("readable"),
        batch.entries[250..253]
    );
    assert_eq!(store.tiles(log_id, 0, 0, 5).await.expect("readable"), batch.tiles);
    assert_eq!(
        store.newest_checkpoint(log_id).await.expect("readable").as_ref(),
        Some(&batch.checkpoint)
    );
    assert_eq!(store.checkpoint_at(log_id, size(255)).await.expect("readable"), None);
    assert_eq!(
        store.checkpoint_from(log_id, size(9)).await.expect("readable").as_ref(),
        Some(&batch.checkpoint)
    );
    let documents = store.documents(log_id, index(1)).await.expect("readable");
    assert_eq!(
        documents,
        batch
            .documents
            .iter()
            .skip(1)
            .map(|(_, row)| row.clone())
            .collect::<Vec<_>>()
    );
    assert_eq!(
        store
            .data_keys(&["key 1".to_owned(), "x".to_owned()])
            .await
            .expect("readable"),
        batch.data_keys
    );
    let request = store.request(&batch.requests[0].key).await.expect("readable");
    assert_eq!(request.as_ref(), Some(&batch.requests[0]));
    assert_eq!(store.policies(log_id, size(1)).await.expect("readable"), batch.policies);
    assert_eq!(
        store.policies(log_id, size(0)).await.expect("readable"),
        [],
        "not yet published at size 0"
    );
    assert_eq!(
        store.persons(&["aa".to_owned()]).await.expect("readable"),
        batch.persons
    );
    assert_eq!(store.size_at_ms(log_id, 9).await.expect("readable"), size(0));
    assert_eq!(store.size_at_ms(log_id, 10).await.expect("readable"), size(256));
    assert_eq!(store.logs(None, 10).await.expect("readable"), [log_row()]);
    assert_eq!(store.logs(Some(log_id), 10).await.expect("readable"), []);
}

async fn records_are_listed_by_area_and_by_case(database: TestDatabase) {
    let store = database.store().await;
    write(&store, full_batch()).await.expect("an empty database");
    let found = store
        .record(area(), record_id(7))
        .await
        .expect("readable")
        .expect("a record");
    assert_eq!((found.index, found.case_id.as_deref()), (index(7), Some("case 1")));
    let kinds = ["DETERMINATION".to_owned()];
    for (case, page, expected) in [
        (None, 100, (0..256).filter(|at| at % 3 != 0).collect::<Vec<u64>>()),
        (
            Some("case 1"),
            7,
            (0..256).filter(|at| at % 3 != 0 && at % 2 == 1).collect(),
        ),
        (Some("case 9"), 7, Vec::new()),
    ] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let rows = store
                .records(area(), case, &kinds, after, page)
                .await
                .expect("readable");
            let Some(last) = rows.last() else { break };
            after = Some((last.log_id, last.index));
            seen.extend(rows.iter().map(|row| row.index.get()));
        }
        assert_eq!(seen, expected, "{case:?}");
    }
    let other = "340322".parse().expect("an area");
    assert_eq!(
        store.records(other, None, &kinds, None, 10).await.expect("readable"),
        []
    );
}

async fn due_reviews_and_grace_periods_are_listed_by_date(database: TestDatabase) {
    let store = database.store().await;
    let mut batch = full_batch();
    batch.cases = Vec::new();
    let township = "340321100".parse().expect("an area");
    for (case_id, due, grace) in [
        ("a", Some("2026-11-30"), None),
        ("b", Some("2026-11-23"), Some("2026-12")),
        ("c", Some("2026-11-23"), Some("2026-11")),
        ("d", Some("2026-12-01"), Some("2027-01")),
        ("e", None, None),
    ] {
        let mut head = case_head(case_id, 1);
        head.next_due = due.map(|due| due.parse().expect("a date"));
        head.grace_end_month = grace.map(|grace| grace.parse().expect("a month"));
        head.township = ["b", "d"].contains(&case_id).then_some(township);
        batch.cases.push(head);
    }
    write(&store, batch).await.expect("an empty database");
    let until = "2026-11-30".parse().expect("a date");
    let mut seen = Vec::new();
    while let Some(row) = {
        let begin = seen.last().map_or(DueBegin::First, |row: &super::super::CaseHeadRow| {
            let due = row.next_due.as_ref().expect("listed by date");
            DueBegin::After(due, &row.case_id)
        });
        store
            .due_reviews(area(), &until, begin, 1)
            .await
            .expect("readable")
            .pop()
    } {
        seen.push(row);
    }
    assert_eq!(
        seen.iter().map(|row| row.case_id.as_str()).collect::<Vec<_>>(),
        ["b", "c", "a"]
    );
    let due = "2026-11-23".parse().expect("a date");
    let with_it = store
        .due_reviews(area(), &until, DueBegin::At(&due, "c"), 10)
        .await
        .expect("readable");
    assert_eq!(with_it, seen[1..]);
    let from = "2026-12".parse().expect("a month");
    let grace = store.grace_periods(area(), &from, None, 10).await.expect("readable");
    assert_eq!(
        grace.iter().map(|row| row.case_id.as_str()).collect::<Vec<_>>(),
        ["b", "d"]
    );
    let after = grace[0]
        .grace_end_month
        .as_ref()
        .map(|month| (month, grace[0].case_id.as_str()));
    let rest = store.grace_periods(area(), &from, after, 10).await.expect("readable");
    assert_eq!(rest, grace[1..]);
    let of_township = store
        .due_reviews(township, &until, DueBegin::First, 10)
        .await
        .expect("readable");
    assert_eq!(
        of_township.iter().map(|row| row.case_id.as_str()).collect::<Vec<_>>(),
        ["b"]
    );
    let other = "340321101".parse().expect("an area");
    assert_eq!(store.grace_periods(other, &from, None, 10).await.expect("readable"), []);
    assert_eq!(
        store.grace_periods(township, &from, None, 10).await.expect("readable"),
        grace
    );
    let heads = store.case_heads(area(), Some("b"), 2).await.expect("readable");
    assert_eq!(
        heads.iter().map(|row| row.case_id.as_str()).collect::<Vec<_>>(),
        ["c", "d"]
    );
}

async fn spans_of_a_case_are_replaced_as_a_whole(database: TestDatabase) {
    let store = database.store().await;
    write(&store, full_batch()).await.expect("an empty database");
    let mut next = super::sample::batch(super::guards::tree_of(256), 1);
    next.span_cases = vec!["case 1".to_owned()];
    next.spans = vec![
        span("person 1", "2026-01", Some("2026-06")),
        span("person 2", "2026-02", None),
    ];
    write(&store, next.clone()).await.expect("the next batch");
    assert_eq!(
        store.spans_of_case(area(), "case 1").await.expect("readable"),
        next.spans
    );
    let of_person = store
        .spans_of_persons(&["person 2".to_owned()])
        .await
        .expect("readable");
    assert_eq!(of_person, next.spans[1..]);
}

#[test]
fn spans_overlap_when_they_share_a_month() {
    let open = span("p", "2026-03", None);
    assert!(open.overlaps(&span("p", "2026-01", Some("2026-03"))));
    assert!(!open.overlaps(&span("p", "2026-01", Some("2026-02"))));
    assert!(open.overlaps(&span("p", "2027-01", None)));
    assert!(!open.overlaps(&span("q", "2027-01", None)), "another person");
    assert!(span("p", "2025-12", Some("2026-01")).overlaps(&span("p", "2026-01", Some("2026-01"))));
}

async fn an_access_is_open_until_an_entry_takes_it_and_never_lost(database: TestDatabase) {
    let store = database.store().await;
    write(&store, full_batch()).await.expect("an empty database");
    let rows = [access("late", 7), access("early", 6), access("later", 8)];
    store.record_accesses(&rows).await.expect("new rows");
    let twice = store.record_accesses(&rows[..1]).await;
    assert!(twice.is_err(), "a row is written once");
    let open = store.open_accesses(area(), 0, 8, 100).await.expect("readable");
    assert_eq!(
        open,
        [rows[1].clone(), rows[0].clone()],
        "by time, the end excluded, the placed one left out"
    );
    assert_eq!(store.open_accesses(area(), 7, 9, 1).await.expect("readable"), rows[..1]);
    assert_eq!(store.areas_with_open_accesses(0, 9).await.expect("readable"), [area()]);
    assert_eq!(store.areas_with_open_accesses(9, 99).await.expect("readable"), []);
    let log_id = log_row().log_id;
    let placed = full_batch().access_places[0];
    assert_eq!(
        store.access_leaves(log_id, placed.1.index).await.expect("readable"),
        [placed.0]
    );
    assert_eq!(
        store.newest_access_entry(log_id).await.expect("readable"),
        Some(placed.1.index)
    );
    let first = store
        .accesses_of_case(area(), "case 1", None, 2)
        .await
        .expect("readable");
    assert_eq!(
        first,
        [
            (full_batch().accesses[0].clone(), Some(placed.1)),
            (rows[1].clone(), None)
        ]
    );
    let after = Some((6, rows[1].leaf_hash));
    let rest = store
        .accesses_of_case(area(), "case 1", after, 9)
        .await
        .expect("readable");
    assert_eq!(rest, [(rows[0].clone(), None), (rows[2].clone(), None)]);
}
