//! `vectors/samples.json`, made by `vectors/make_samples.py`, which shares no code with this.

use std::collections::BTreeMap;

use super::*;
use crate::canonical::Json;
use crate::log::record::EntryKind;
use crate::log::sample::allocate::{Share, allocate};
use crate::reader::need;

fn vectors() -> Json {
    Json::parse(include_bytes!("../../vectors/samples.json")).expect("vectors")
}

fn list(json: &Json, key: &str) -> Vec<Json> {
    need(json, key).expect(key)
}

fn text(json: &Json, key: &str) -> String {
    need(json, key).expect(key)
}

fn number(json: &Json, key: &str) -> u64 {
    need(json, key).expect(key)
}

fn bytes(text: &str) -> [u8; 32] {
    hex::decode(text).expect("hex").try_into().expect("32 bytes")
}

#[test]
fn seeds_and_commitments_are_those_of_the_vectors() {
    for row in list(&vectors(), "seeds") {
        let values: Vec<String> = need(&row, "values").expect("values");
        let values: Vec<SeedValue> = values.iter().map(|value| SeedValue::from_bytes(bytes(value))).collect();
        let commitments: Vec<String> = need(&row, "commitments").expect("commitments");
        assert_eq!(
            values
                .iter()
                .map(|value| value.commitment().to_string())
                .collect::<Vec<_>>(),
            commitments
        );
        let root = Hash::from_bytes(bytes(&text(&row, "root")));
        let (from, to) = (at(number(&row, "from")), size(number(&row, "to")));
        let seed = Seed::derive(&root, from, to, number(&row, "k"), &values);
        assert_eq!(seed.hash().to_string(), text(&row, "seed"));
    }
}

#[test]
fn streams_give_the_words_and_numbers_of_the_vectors() {
    for row in list(&vectors(), "streams") {
        let seed = Seed::from_hash(Hash::from_bytes(bytes(&text(&row, "seed"))));
        let mut stream = seed.stream(&text(&row, "label"));
        let words: Vec<String> = need(&row, "words").expect("words");
        assert_eq!(
            words.iter().map(|_| stream.word().to_string()).collect::<Vec<_>>(),
            words
        );
        let mut stream = seed.stream(&text(&row, "label"));
        let below: Vec<Vec<String>> = need(&row, "below").expect("below");
        for pair in below {
            let bound: u64 = pair[0].parse().expect("a bound");
            assert_eq!(stream.below(bound).to_string(), pair[1], "below {bound}");
        }
    }
}

#[test]
fn sizes_are_shared_as_in_the_vectors_and_the_worked_figures() {
    let rows = list(&vectors(), "allocations");
    for row in &rows {
        let sizes: Vec<u64> = need(row, "sizes").expect("sizes");
        let prior = list(row, "prior");
        let shares: Vec<Share> = sizes
            .iter()
            .zip(&prior)
            .map(|(population, prior)| Share {
                population: *population,
                prior: Some(Prior {
                    errors: number(prior, "errors"),
                    reviewed: number(prior, "reviewed"),
                }),
            })
            .collect();
        let rule = need(row, "rule").expect("a rule");
        let allocated = allocate(rule, &shares, number(row, "size"), number(row, "floor"));
        let expected: Vec<u64> = need(row, "allocated").expect("allocated");
        assert_eq!(allocated, Ok(expected), "{}", text(row, "why"));
    }
    let of = |at: usize| -> Vec<u64> { need(&rows[at], "allocated").expect("allocated") };
    assert_eq!(
        (of(0), of(1)),
        (vec![41, 327, 61, 21], vec![43, 346, 31, 30]),
        "audit-practice 5.3"
    );
}

#[test]
fn every_kind_of_draw_selects_what_the_vectors_say() {
    let vectors = vectors();
    let mut frames = draw::Frames::new();
    for row in list(&vectors, "frames") {
        let pair = row.as_list().expect("a pair");
        let index = u64::try_from(pair[0].as_integer().expect("an index")).expect("small");
        frames.insert(at(index), Frame::parse(&pair[1].to_bytes()));
    }
    let absent: Vec<u64> = need(&vectors, "unopened").expect("unopened");
    frames.extend(absent.into_iter().map(|index| (at(index), None)));
    for row in list(&vectors, "draws") {
        let json: Json = need(&row, "request").expect("a request");
        let request = SampleRequest::from_json(&json).expect("a request");
        assert_eq!(request.check(), []);
        assert_eq!(request.to_json(), json, "written as it was read");
        let seed = Seed::from_hash(Hash::from_bytes(bytes(&text(&row, "seed"))));
        let selection = draw(&request, &seed, &frames).expect("drawn");
        let expected: Json = need(&row, "selection").expect("a selection");
        assert_eq!(selection.to_json(), expected);
        assert_eq!(Selection::from_json(&expected), Ok(selection));
    }
}

#[test]
fn rounds_come_to_the_stage_and_the_seed_of_the_vectors() {
    let rounds: Json = need(&vectors(), "rounds").expect("rounds");
    let logged = |row: &Json| {
        let parts = row.as_list().expect("four parts");
        let kinds: BTreeMap<&str, EntryKind> = EntryKind::ALL.into_iter().map(|kind| (kind.name(), kind)).collect();
        let kind = kinds[parts[2].as_text().expect("a kind")];
        let document = SampleDocument::from_json(kind, &parts[3]).expect("a document");
        assert_eq!(document.to_json(), parts[3], "written as it was read");
        Logged {
            index: at(u64::try_from(parts[0].as_integer().expect("an index")).expect("small")),
            logged_seconds: i64::try_from(parts[1].as_integer().expect("a time")).expect("small"),
            document,
        }
    };
    let before: Vec<Logged> = list(&rounds, "before").iter().map(logged).collect();
    let after_request = list(&rounds, "rounds").into_iter().map(|row| (before.clone(), row));
    let whole = list(&rounds, "whole").into_iter().map(|row| (Vec::new(), row));
    for (mut entries, row) in after_request.chain(whole) {
        entries.extend(list(&row, "entries").iter().map(logged));
        let round = Round::of(before[0].document.period(), &entries);
        let stage = match round.stage() {
            Stage::Registering => "registering",
            Stage::Revealing => "revealing",
            Stage::Ready => "ready",
            Stage::Drawn => "drawn",
            Stage::Void => "void",
        };
        let seed = round.seed().map(|seed| seed.hash().to_string()).unwrap_or_default();
        assert_eq!(
            (stage.to_owned(), seed),
            (text(&row, "stage"), text(&row, "seed")),
            "{}",
            text(&row, "why")
        );
    }
}
