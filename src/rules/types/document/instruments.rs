//! Instruments: quotes are quotes, parents and bases exist.

use super::{Seal, unique};
use crate::rules::document::{ArticleText, Instrument};
use crate::rules::language::error::nearest;
use crate::rules::language::said::{At, Fix, Wrong};

impl Seal<'_, '_> {
    pub(super) fn instruments(&mut self) -> Vec<Instrument> {
        let draft = self.draft;
        unique(
            draft.instruments.iter().map(|instrument| &instrument.id),
            At::Instrument,
            self.remarks,
        );
        let mut sealed = Vec::new();
        for instrument in &draft.instruments {
            self.remarks.enter(At::Instrument, &instrument.id.value);
            if self.instruments.iter().any(|other| other.id == instrument.id.value) {
                let id = instrument.id.value.clone();
                self.error(
                    instrument.id.span,
                    Wrong::InstrumentAbove { id },
                    Fix::CiteWithoutDeclaring,
                );
            }
            let texts: Vec<&str> = self.texts_of(&instrument.number.value);
            if instrument.held && texts.is_empty() {
                let number = instrument.number.value.clone();
                self.error(instrument.number.span, Wrong::NoHeldText { number }, Fix::PutText);
            }
            for (article, span) in &instrument.articles {
                let ArticleText::Quote(quote) = &article.text else {
                    continue;
                };
                let found = self
                    .texts_of(&instrument.number.value)
                    .iter()
                    .any(|text| quotes(text, quote));
                if !instrument.held {
                    let article = article.id.clone();
                    self.error(*span, Wrong::QuoteNotHeld { article }, Fix::WriteSummary);
                } else if !found {
                    let article = article.id.clone();
                    self.error(*span, Wrong::NotTheWords { article }, Fix::CopyWords);
                }
            }
            let value = Instrument {
                id: instrument.id.value.clone(),
                number: instrument.number.value.clone(),
                title: instrument.title.clone(),
                issuers: instrument.issuers.clone(),
                parent: instrument.parent.as_ref().map(|parent| parent.value.clone()),
                basis: instrument.basis.iter().map(|basis| basis.value.clone()).collect(),
                held: instrument.held,
                in_force: instrument.in_force,
                articles: instrument.articles.iter().map(|(article, _)| article.clone()).collect(),
            };
            sealed.push(value);
        }
        self.instruments.extend(sealed.iter().cloned());
        for instrument in &draft.instruments {
            self.remarks.enter(At::Instrument, &instrument.id.value);
            for other in instrument.parent.iter().chain(&instrument.basis) {
                if self.instruments.iter().any(|known| known.id == other.value) {
                    continue;
                }
                let fix = match nearest(&other.value, self.instruments.iter().map(|known| known.id.as_str())) {
                    Some(near) => Fix::write(near),
                    None => Fix::DeclareNotHeld,
                };
                let id = other.value.clone();
                self.remarks.error(other.span, Wrong::NoInstrument { id }, fix);
            }
        }
        self.remarks.leave();
        sealed
    }

    /// The held texts that bear a number: on a line of its own, for a text that only cites it holds nothing of it.
    fn texts_of(&self, number: &str) -> Vec<&str> {
        let number = squeezed(number);
        let bears = |text: &&str| text.lines().any(|line| squeezed(line) == number);
        self.context.texts.iter().map(String::as_str).filter(bears).collect()
    }
}

/// Whether a text has the words of a quote in order; `……` leaves words out, blanks do not count.
fn quotes(text: &str, quote: &str) -> bool {
    let (text, quote) = (squeezed(text), squeezed(quote));
    let mut rest = text.as_str();
    for part in quote.split("……").filter(|part| !part.is_empty()) {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    !quote.is_empty()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::quotes;

    #[test]
    fn blanks_do_not_count_and_an_ellipsis_leaves_words_out() {
        let text = "按照就业地区最低工资标准的 50%给予\n12 个月就业成本扣减；“十四五”时期";
        assert!(quotes(text, "最低工资标准的50%给予12个月就业成本扣减"));
        assert!(quotes(text, "按照……就业成本扣减"));
        assert!(!quotes(text, "就业成本扣减……按照"));
        assert!(!quotes(text, "最低工资标准的60%"));
        assert!(!quotes(text, " "));
    }
}
