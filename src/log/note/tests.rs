//! Notes against the specification's vector, an independent crate, and every way to spoil them.

use proptest::prelude::*;
use signed_note::{StandardSigner, StandardVerifier, VerifierList};

use super::*;

const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn vkey() -> VerifierKey {
    VKEY.parse().expect("the specification's key")
}

fn signer(name: &str, seed: u8) -> Ed25519Signer {
    Ed25519Signer::new(KeyName::new(name).expect("a name"), &[seed; 32])
}

#[test]
fn the_example_of_the_specification_verifies_and_reads_back() {
    let note = Note::parse(NOTE.as_bytes()).expect("a note");
    let keys = [vkey()];
    let (text, signed_by) = note.verify(&keys).expect("a true signature");
    assert_eq!(text, "This is an example message.\n");
    assert_eq!(signed_by, [&keys[0]]);
    assert_eq!(note.to_string(), NOTE);
    assert_eq!(vkey().to_string(), VKEY);
}

#[test]
fn a_changed_text_or_signature_is_refused() {
    let changed = NOTE.replace("example message", "example massage");
    let note = Note::parse(changed.as_bytes()).expect("still a note");
    assert_eq!(
        note.verify(&[vkey()]),
        Err(NoteError::BadSignature("example.com/foo".to_owned()))
    );
    let changed = NOTE.replace("IneyaQM=", "IneyaQI=");
    assert!(Note::parse(changed.as_bytes()).is_ok_and(|note| note.verify(&[vkey()]).is_err()));
}

#[test]
fn lines_of_unknown_keys_are_ignored_even_with_a_known_name_or_id() {
    let ours = signer("doudi.example/340321/1", 7);
    let same_name = signer("doudi.example/340321/1", 8);
    let note = Note::sign("text\n", &[&same_name, &ours]).expect("signed");
    let keys = [ours.verifier_key().clone()];
    assert_eq!(note.verify(&keys).map(|(text, by)| (text, by.len())), Ok(("text\n", 1)));

    let mut lines = note.to_string();
    lines.push_str("\u{2014} doudi.example/sm2 /wAAAP8=\n");
    assert!(Note::parse(lines.as_bytes()).expect("a note").verify(&keys).is_ok());
    let stranger = [signer("doudi.example/340321/1", 9).verifier_key().clone()];
    assert_eq!(note.verify(&stranger), Err(NoteError::NoTrustedKey));
}

#[test]
fn one_wrong_line_of_a_known_key_refuses_the_note_beside_a_right_one() {
    let (a, b) = (signer("a", 1), signer("b", 2));
    let note = Note::sign("text\n", &[&a, &b]).expect("signed");
    let mut lines: Vec<String> = note.to_string().lines().map(str::to_owned).collect();
    let other = Note::sign("other\n", &[&b]).expect("signed").to_string();
    lines[3] = other.lines().last().expect("a line").to_owned();
    let mixed = Note::parse((lines.join("\n") + "\n").as_bytes()).expect("a note");
    let keys = [a.verifier_key().clone(), b.verifier_key().clone()];
    assert_eq!(mixed.verify(&keys), Err(NoteError::BadSignature("b".to_owned())));
    assert!(
        mixed.verify(&keys[..1]).is_ok(),
        "to those who do not know b it is an unknown line"
    );
}

#[test]
fn sixteen_and_a_hundred_signatures_are_read_and_one_more_is_not() {
    let signers: Vec<Ed25519Signer> = (0..=100).map(|n| signer(&format!("w{n}"), n)).collect();
    let all: Vec<&dyn Signer> = signers.iter().map(|s| s as &dyn Signer).collect();
    for (count, accepted) in [(16, true), (100, true), (101, false)] {
        let note = Note::sign("text\n", &all[..count]).expect("signed").to_string();
        assert_eq!(Note::parse(note.as_bytes()).is_ok(), accepted, "{count} signatures");
    }
}

#[test]
fn the_text_may_hold_blank_lines_and_ends_at_the_last_one() {
    let ours = signer("name", 3);
    let note = Note::sign("one\n\ntwo\n", &[&ours]).expect("signed").to_string();
    let parsed = Note::parse(note.as_bytes()).expect("a note");
    assert_eq!(parsed.unverified_text(), "one\n\ntwo\n");
    assert!(Note::sign("no newline", &[&ours]).is_err());
    assert!(Note::sign("a\ttab\n", &[&ours]).is_err());
    assert!(Note::sign("nobody\n", &[]).is_err());
}

#[test]
fn malformed_notes_are_refused() {
    for (text, error) in [
        ("", NoteError::NoSignatures),
        ("text\n", NoteError::NoSignatures),
        ("text\n\n", NoteError::NoSignatures),
        ("text\n\n\u{2014} a AAAAAAE=", NoteError::NoSignatures),
        ("text\n\n- a AAAAAAE=\n", NoteError::Line(1)),
        ("text\n\n\u{2014} a AAAAAA==\n", NoteError::Line(1)),
        ("text\n\n\u{2014} a+b AAAAAAE=\n", NoteError::Line(1)),
        ("text\n\n\u{2014} a AAAAAAE=\n\u{2014} a AAAAAAE\n", NoteError::Line(2)),
        ("te\u{1}xt\n\n\u{2014} a AAAAAAE=\n", NoteError::NotText),
    ] {
        assert_eq!(Note::parse(text.as_bytes()), Err(error), "{text:?}");
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::NotText));
    assert_eq!(
        Note::parse(&vec![b'a'; NOTE_SIZE_MAX_BYTES + 1]),
        Err(NoteError::TooLarge)
    );
}

#[test]
fn a_verifier_key_must_be_whole() {
    for (text, error) in [
        ("", KeyError::Shape),
        ("name", KeyError::Shape),
        ("name+00000000", KeyError::Shape),
        ("name+00000000+AQ", KeyError::Shape),
        (
            "example.com/fob+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            KeyError::Id,
        ),
        ("a b+00000000+AQ==", KeyError::Name),
    ] {
        assert_eq!(text.parse::<VerifierKey>(), Err(error), "{text}");
    }
    // A key of the reserved type with its right id: told apart from a mistyped one.
    let name = KeyName::new("sm2").expect("a name");
    let id = KeyId::of(&name, &[key::TYPE_UNASSIGNED], b"x");
    assert_eq!(
        format!("sm2+{id}+/3g=").parse::<VerifierKey>(),
        Err(KeyError::Type(key::TYPE_UNASSIGNED))
    );
}

#[test]
fn an_independent_crate_accepts_our_notes_and_we_accept_its() {
    let ours = signer("doudi.example/340321/1", 42);
    let note = Note::sign("a text\n\nof two parts\n", &[&ours]).expect("signed");
    let theirs = signed_note::Note::from_bytes(note.to_string().as_bytes()).expect("a note");
    let verifier = StandardVerifier::new(&ours.verifier_key().to_string()).expect("our key");
    let (verified, _) = theirs
        .verify(&VerifierList::new(vec![Box::new(verifier)]))
        .expect("our signature");
    assert_eq!(verified.len(), 1);

    // The private-key text of Go's note package: PRIVATE+KEY+name+id+base64(type||seed).
    let typed = [[key::TYPE_ED25519].as_slice(), &[42; 32]].concat();
    let typed = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, typed);
    let private = format!("PRIVATE+KEY+doudi.example/340321/1+{}+{typed}", ours.id());
    let their_signer = StandardSigner::new(&private).expect("the same key");
    let mut theirs = signed_note::Note::new(b"a text\n\nof two parts\n", &[]).expect("a text");
    theirs.add_sigs(&[&their_signer]).expect("signed");
    assert_eq!(theirs.to_bytes(), note.to_string().into_bytes());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Note::parse(&bytes);
        let _ = String::from_utf8_lossy(&bytes).parse::<VerifierKey>();
    }

    #[test]
    fn what_is_parsed_is_written_back_the_same(text in "[ -~\n]{0,60}", sig in "[A-Za-z0-9+/=]{0,24}", name in "[a-z+ ]{0,5}") {
        let note = format!("{text}\n\n\u{2014} {name} {sig}\n");
        if let Ok(parsed) = Note::parse(note.as_bytes()) {
            prop_assert_eq!(parsed.to_string(), note);
        }
    }
}
