//! Choices: the first document lists the options, every document chooses one of them.

use std::rc::Rc;

use super::{Seal, overlap};
use crate::rules::document::Choice;
use crate::rules::language::draft::DraftChoice;
use crate::rules::language::error::nearest;
use crate::rules::language::said::{At, Fix, Wrong};

impl Seal<'_, '_> {
    pub(super) fn choices(&mut self) -> Vec<Choice> {
        let draft = self.draft;
        let mut sealed: Vec<Choice> = Vec::new();
        for choice in &draft.choices {
            self.remarks.enter(At::Choice, &choice.id.value);
            let twice = |other: &Choice| other.id == choice.id.value && overlap(other.in_force, choice.in_force);
            if sealed.iter().any(twice) {
                let id = choice.id.value.clone();
                self.error(choice.id.span, Wrong::ChosenTwice { id }, Fix::KeepOneOrDates);
            }
            sealed.extend(self.choice(choice));
        }
        self.remarks.leave();
        sealed
    }

    fn choice(&mut self, choice: &DraftChoice) -> Option<Choice> {
        let id = &choice.id;
        let options: Vec<String> = choice.options.iter().map(|option| option.value.clone()).collect();
        let known = self.symbols.choices.get(&id.value).map(Rc::clone);
        match (&known, choice.options.first()) {
            (None, None) => {
                let wrong = Wrong::NoOptions { id: id.value.clone() };
                self.error(id.span, wrong, Fix::ListOptions);
                return None;
            }
            (None, Some(_)) => {
                if choice.name.is_none() {
                    self.error(id.span, Wrong::Missing { key: "name" }, Fix::AddQuestion);
                }
                self.symbols.add_choice(&id.value, &options);
            }
            (Some(known), Some(first)) => {
                let same = known.codes.iter().map(|(code, _)| code).eq(options.iter());
                if !same {
                    let wrong = Wrong::OtherOptions { id: id.value.clone() };
                    self.error(first.span, wrong, Fix::LeaveOptionsOut);
                }
            }
            (Some(_), None) => {}
        }
        let codes = self.symbols.choices.get(&id.value).map(Rc::clone)?;
        if !codes.codes.iter().any(|(code, _)| *code == choice.option.value) {
            let known: Vec<&str> = codes.codes.iter().map(|(code, _)| code.as_str()).collect();
            let fix = match nearest(&choice.option.value, known.iter().copied()) {
                Some(near) => Fix::write(near),
                None => Fix::OptionsAre {
                    options: known.join(", "),
                },
            };
            let wrong = Wrong::NotAnOption {
                option: choice.option.value.clone(),
                id: id.value.clone(),
            };
            self.error(choice.option.span, wrong, fix);
        }
        Some(Choice {
            id: id.value.clone(),
            name: choice.name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
            options,
            option: choice.option.value.clone(),
            in_force: choice.in_force,
            cite: self.cite(choice.cite.as_ref()),
            by: choice.by.clone(),
            note: choice.note.clone(),
        })
    }
}
