//! The table is read as a whole or refused with every line.

use super::*;

const GOOD: &str = r#"
[[principal]]
name = "township-340321100"
certificates = ["uri:urn:doudi:township-340321100"]
roles = ["decide", "review"]
areas = ["340321100"]

[[principal]]
name = "auditors"
certificates = ["uri:urn:doudi:auditors", "spki-sha256:0101010101010101010101010101010101010101010101010101010101010101"]
roles = ["audit", "audit-identity"]
areas = ["34"]
"#;

fn certificate(uris: &[&str], key: u8) -> Certificate {
    Certificate {
        key: Hash::from_slice(&[key; 32]).expect("32 bytes"),
        uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
        not_after: i64::MAX,
    }
}

fn name(table: &Principals, certificate: &Certificate) -> Option<String> {
    table.holder(certificate).map(|holder| holder.principal.to_string())
}

fn wrong(text: &str) -> Vec<(usize, String)> {
    let error = Principals::read(text).expect_err("refused");
    error.0.into_iter().map(|wrong| (wrong.line, wrong.text)).collect()
}

/// The good table with one of its texts replaced.
fn spoilt(from: &str, to: &str) -> Vec<(usize, String)> {
    assert!(GOOD.contains(from));
    wrong(&GOOD.replacen(from, to, 1))
}

#[test]
fn a_certificate_is_known_by_its_uri_or_by_its_key() {
    let table = Principals::read(GOOD).expect("a good table");
    let known = |uris, key| name(&table, &certificate(uris, key));
    assert_eq!(
        known(&["urn:doudi:township-340321100"], 9),
        Some("township-340321100".to_owned())
    );
    assert_eq!(known(&[], 1), Some("auditors".to_owned()));
    assert_eq!(
        known(&["urn:other", "urn:doudi:auditors"], 1),
        Some("auditors".to_owned())
    );
    assert_eq!(known(&["urn:other"], 9), None);
    assert_eq!(known(&[], 9), None);
}

#[test]
fn a_certificate_that_would_be_two_callers_is_nobody() {
    let table = Principals::read(GOOD).expect("a good table");
    assert_eq!(name(&table, &certificate(&["urn:doudi:township-340321100"], 1)), None);
}

#[test]
fn a_renewed_certificate_with_a_new_key_keeps_its_principal() {
    let table = Principals::read(GOOD).expect("a good table");
    let renewed = [7, 8].map(|key| name(&table, &certificate(&["urn:doudi:township-340321100"], key)));
    assert_eq!(renewed[0], renewed[1]);
    assert!(renewed[0].is_some());
}

#[test]
fn duties_that_must_be_separate_are_refused_with_line_and_fix() {
    for (one, other, why) in Role::APART {
        let mut roles = format!("[\"{one}\", \"{other}\"");
        if one == Role::AuditIdentity {
            roles.push_str(", \"audit\"");
        }
        roles.push(']');
        let found = spoilt(r#"["decide", "review"]"#, &roles);
        let expected = format!("\"{one}\" and \"{other}\" together: {why}, give them to two principals");
        assert!(found.contains(&(5, expected.clone())), "{expected}: {found:?}");
    }
}

#[test]
fn roles_that_may_stand_together_are_taken() {
    for one in Role::ALL {
        for other in Role::ALL {
            let apart = Role::APART
                .iter()
                .any(|(a, b, _)| [(a, b), (b, a)].contains(&(one, other)));
            let identity = [one, other].contains(&&Role::AuditIdentity) && ![one, other].contains(&&Role::Audit);
            let text = GOOD.replacen(r#"["decide", "review"]"#, &format!("[\"{one}\", \"{other}\"]"), 1);
            assert_eq!(Principals::read(&text).is_err(), apart || identity, "{one} {other}");
        }
    }
}

#[test]
fn every_wrong_line_is_named_at_once() {
    let text = GOOD
        .replace("\"decide\", \"review\"", "\"decides\"")
        .replace("\"340321100\"]", "\"3403211\"]")
        .replace("name = \"auditors\"", "name = \"The Auditors\"");
    let lines: Vec<usize> = wrong(&text).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [5, 6, 9]);
    assert_eq!(
        wrong(&text)[0].1,
        "no role \"decides\": give decide, review, policy, audit, audit-identity, operate"
    );
}

#[test]
fn a_name_or_a_certificate_twice_is_refused() {
    let found = spoilt("name = \"auditors\"", "name = \"township-340321100\"");
    assert!(found[0].1.contains("stands on line 3 already"), "{found:?}");
    let found = spoilt("uri:urn:doudi:auditors", "uri:urn:doudi:township-340321100");
    assert_eq!(
        found,
        [(10, "stands above already: a certificate is one principal's".to_owned())]
    );
}

#[test]
fn names_of_callers_without_certificates_cannot_be_given() {
    for reserved in RESERVED {
        let found = spoilt("name = \"auditors\"", &format!("name = \"{reserved}\""));
        assert!(found[0].1.contains("is the service's own"), "{found:?}");
    }
}

#[test]
fn empty_lists_unknown_keys_and_other_texts_are_refused_with_their_line() {
    assert_eq!(spoilt(r#"areas = ["34"]"#, "areas = []")[0].0, 12);
    assert_eq!(spoilt(r#"roles = ["audit", "audit-identity"]"#, "roles = []")[0].0, 11);
    assert_eq!(
        spoilt(
            r#"roles = ["audit", "audit-identity"]"#,
            r#"roles = ["audit-identity"]"#
        )[0]
        .0,
        11
    );
    let found = spoilt("areas = [\"34\"]", "areas = [\"34\"]\narea = \"35\"");
    assert!(found[0].0 >= 8 && found[0].1.contains("area"), "{found:?}");
    assert!(
        spoilt("uri:urn:doudi:auditors", "cn:auditors")[0]
            .1
            .contains("spki-sha256:")
    );
    assert!(!wrong("principal = 3").is_empty());
}

#[test]
fn an_empty_table_lets_nobody_in() {
    let table = Principals::read("").expect("no principals");
    assert_eq!((table.count(), name(&table, &certificate(&["urn:x"], 1))), (0, None));
}
