//! Choices: the first document lists the options, every document chooses one of them.

use std::rc::Rc;

use super::{Seal, overlap};
use crate::rules::document::Choice;
use crate::rules::language::draft::DraftChoice;
use crate::rules::language::error::nearest;

impl Seal<'_, '_> {
    pub(super) fn choices(&mut self) -> Vec<Choice> {
        let draft = self.draft;
        let mut sealed: Vec<Choice> = Vec::new();
        for choice in &draft.choices {
            self.remarks.enter(format!("choice {}", choice.id.value));
            let twice = |other: &Choice| other.id == choice.id.value && overlap(other.in_force, choice.in_force);
            if sealed.iter().any(twice) {
                let fix = "keep one, or give each its own `in_force`";
                self.error(
                    choice.id.span,
                    format!("{} is chosen twice for one date", choice.id.value),
                    fix,
                );
            }
            sealed.extend(self.choice(choice));
        }
        self.remarks.enter("");
        sealed
    }

    fn choice(&mut self, choice: &DraftChoice) -> Option<Choice> {
        let id = &choice.id;
        let options: Vec<String> = choice.options.iter().map(|option| option.value.clone()).collect();
        let known = self.symbols.choices.get(&id.value).map(Rc::clone);
        match (&known, choice.options.first()) {
            (None, None) => {
                let message = format!("{} has no options", id.value);
                self.error(
                    id.span,
                    message,
                    "list `options: [a, b]` in the first document that names the choice",
                );
                return None;
            }
            (None, Some(_)) => {
                if choice.name.is_none() {
                    self.error(id.span, "`name` is missing", "add the question as `name:`");
                }
                self.symbols.add_choice(&id.value, &options);
            }
            (Some(known), Some(first)) => {
                let same = known.codes.iter().map(|(code, _)| code).eq(options.iter());
                if !same {
                    let message = format!("{} has other options in a superior document", id.value);
                    self.error(
                        first.span,
                        message,
                        "leave `options` out: a lower document chooses, it does not add",
                    );
                }
            }
            (Some(_), None) => {}
        }
        let codes = self.symbols.choices.get(&id.value).map(Rc::clone)?;
        if !codes.codes.iter().any(|(code, _)| *code == choice.option.value) {
            let known: Vec<&str> = codes.codes.iter().map(|(code, _)| code.as_str()).collect();
            let fix = match nearest(&choice.option.value, known.iter().copied()) {
                Some(near) => format!("write `{near}`"),
                None => format!("the options are: {}", known.join(", ")),
            };
            self.error(
                choice.option.span,
                format!("`{}` is not an option of {}", choice.option.value, id.value),
                fix,
            );
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
