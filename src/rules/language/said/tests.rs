//! No sentence lacks a translation, and no two mistakes sound alike.

use std::collections::BTreeSet;

use super::*;
use crate::rules::diff::shadow_words::{Effect, Later, Place, Relation, Thing};
use crate::rules::language::say::held::translated;

#[test]
fn every_sentence_of_the_checker_stands_in_both_languages_and_names_the_same_things() {
    for written in [
        Wrong::WRITTEN,
        Fix::WRITTEN,
        At::WRITTEN,
        NodeKind::WRITTEN,
        Wanted::WRITTEN,
        Range::WRITTEN,
        TyWords::WRITTEN,
        Base::WRITTEN,
        Thing::WRITTEN,
        Effect::WRITTEN,
        Place::WRITTEN,
        Relation::WRITTEN,
        Later::WRITTEN,
    ] {
        translated(written);
    }
}

#[test]
fn no_two_mistakes_are_told_in_the_same_words() {
    let (mut english, mut chinese) = (BTreeSet::new(), BTreeSet::new());
    for (name, en, zh) in Wrong::WRITTEN {
        assert!(english.insert(en) && chinese.insert(zh), "{name} sounds like another");
    }
}
