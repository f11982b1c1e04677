//! Years of the working-day calendar.

use super::Seal;
use crate::rules::document::CalendarYear;
use crate::rules::language::draft::Placed;

impl Seal<'_, '_> {
    pub(super) fn calendar(&mut self) -> Vec<CalendarYear> {
        let draft = self.draft;
        for Placed { value, span } in &draft.calendar {
            self.remarks.enter(format!("calendar {}", value.year));
            match &value.cite {
                Some(cite) => {
                    let cite = Placed {
                        value: cite.clone(),
                        span: *span,
                    };
                    let _ = self.cite(Some(&cite));
                }
                None if !value.sample => {
                    let fix = "add `cite:` of the notice, or `sample: true`";
                    self.error(*span, "a year cites nothing", fix);
                }
                None => {}
            }
        }
        self.remarks.enter("");
        let mut years: Vec<CalendarYear> = draft.calendar.iter().map(|year| year.value.clone()).collect();
        years.sort_by_key(|year| year.year);
        years
    }
}
