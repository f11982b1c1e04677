//! Years of the working-day calendar.

use super::Seal;
use crate::rules::document::CalendarYear;
use crate::rules::language::draft::Placed;
use crate::rules::language::said::{At, Fix, Wrong};

impl Seal<'_, '_> {
    pub(super) fn calendar(&mut self) -> Vec<CalendarYear> {
        let draft = self.draft;
        for Placed { value, span } in &draft.calendar {
            self.remarks.enter(At::Calendar, value.year.to_string());
            match &value.cite {
                Some(cite) => {
                    let cite = Placed {
                        value: cite.clone(),
                        span: *span,
                    };
                    let _ = self.cite(Some(&cite));
                }
                None if !value.sample => {
                    self.error(*span, Wrong::YearCitesNothing, Fix::CiteNotice);
                }
                None => {}
            }
        }
        self.remarks.leave();
        let mut years: Vec<CalendarYear> = draft.calendar.iter().map(|year| year.value.clone()).collect();
        years.sort_by_key(|year| year.year);
        years
    }
}
