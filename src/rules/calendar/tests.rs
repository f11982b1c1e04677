//! The calendar against the calendars on the wall.

use proptest::prelude::*;

use super::*;
use crate::rules::document::CalendarYear;

fn date(text: &str) -> Date {
    text.parse().expect("a date of the test")
}

fn month(text: &str) -> Month {
    text.parse().expect("a month of the test")
}

/// 2021 as far as V50 needs it: off 19-21 September and 1-7 October, worked 18 and 26 September, 9 October.
fn calendar_2021() -> WorkingCalendar {
    let dates = |days: &[&str]| days.iter().map(|day| date(day)).collect();
    WorkingCalendar::new(&[CalendarYear {
        year: 2021,
        off: dates(&[
            "2021-09-20",
            "2021-09-21",
            "2021-10-01",
            "2021-10-04",
            "2021-10-05",
            "2021-10-06",
            "2021-10-07",
        ]),
        work: dates(&["2021-09-18", "2021-09-26", "2021-10-09"]),
        cite: None,
        sample: false,
    }])
}

#[test]
fn days_that_do_not_exist_are_refused() {
    for text in [
        "2021-02-29",
        "1900-02-29",
        "2021-13-01",
        "2021-00-01",
        "2021-01-00",
        "2021-04-31",
        "0000-01-01",
        "2021-1-01",
        "2021-01-1",
        "20210-1-01",
        "2021/01/01",
        "2021-01-01 ",
        "+021-01-01",
        "",
        "二〇二一",
    ] {
        assert_eq!(text.parse::<Date>(), Err(CalendarError::Date), "{text}");
    }
    for text in ["2021-13", "2021-00", "2021-1", "0000-01", "2021-01-01", "2021"] {
        assert_eq!(text.parse::<Month>(), Err(CalendarError::Month), "{text}");
    }
    assert_eq!(date("2000-02-29").to_string(), "2000-02-29");
    assert_eq!(month("9999-12").to_string(), "9999-12");
}

#[test]
fn the_epoch_is_1_january_1970() {
    assert_eq!(date("1970-01-01").days(), 0);
    assert_eq!(date("2000-03-01").days(), 11_017);
    assert_eq!(month("0001-01").months(), 12);
    assert_eq!(date("0001-01-01").plus_days(-1), None);
    assert_eq!(date("9999-12-31").plus_days(1), None);
    assert_eq!(month("9999-12").plus(1), None);
    assert_eq!(date("2021-01-01").plus_days(i64::MAX), None);
}

#[test]
fn a_month_later_is_the_same_day_or_the_last_of_a_shorter_month() {
    for (from, months, to) in [
        ("2022-11-15", 3, "2023-02-15"),
        ("2022-11-30", 3, "2023-02-28"),
        ("2023-11-30", 3, "2024-02-29"),
        ("2021-08-15", 12, "2022-08-15"),
        ("2021-03-31", -1, "2021-02-28"),
        ("2021-01-31", 1, "2021-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2021-12-31", 1, "2022-01-31"),
    ] {
        assert_eq!(date(from).plus_months(months), Some(date(to)), "{from} + {months}");
    }
    assert_eq!(month("2021-12").plus(1), Some(month("2022-01")));
    assert_eq!(month("2021-08").until(month("2022-07")), 11);
}

#[test]
fn a_birthday_on_29_february_is_kept_on_the_28th_of_a_common_year() {
    let born = date("2004-02-29");
    assert_eq!(born.age_at(date("2022-02-27")), 17);
    assert_eq!(born.age_at(date("2022-02-28")), 18);
    assert_eq!(born.age_at(date("2024-02-28")), 19);
    assert_eq!(born.age_at(date("2024-02-29")), 20);
}

#[test]
fn a_person_is_sixty_on_the_birthday_and_not_the_day_before() {
    let born = date("1961-08-02");
    assert_eq!(born.age_at(date("2021-08-01")), 59);
    assert_eq!(born.age_at(date("2021-08-02")), 60);
    assert_eq!(born.age_at(born), 0);
    assert_eq!(born.age_at(date("1961-08-01")), -1);
}

#[test]
fn thirty_and_forty_five_working_days_of_2021_follow_the_notice() {
    let accepted = date("2021-08-02");
    let calendar = calendar_2021();
    assert_eq!(calendar.add(accepted, 3), Ok(date("2021-08-05")));
    assert_eq!(calendar.add(accepted, 30), Ok(date("2021-09-13")));
    // Monday to Friday alone would give 2021-10-04.
    assert_eq!(calendar.add(accepted, 45), Ok(date("2021-10-09")));
    assert_eq!(calendar.add(date("2021-08-07"), 0), Ok(date("2021-08-07")));
}

#[test]
fn an_unknown_year_is_never_guessed() {
    let calendar = calendar_2021();
    assert_eq!(calendar.add(date("2021-12-30"), 1), Ok(date("2021-12-31")));
    assert_eq!(
        calendar.add(date("2021-12-30"), 2),
        Err(WorkingDayError::UnknownYear(2022))
    );
    assert_eq!(calendar.add(date("2021-08-02"), -1), Err(WorkingDayError::Range));
    assert_eq!(calendar.add(date("2021-08-02"), 501), Err(WorkingDayError::Range));
}

proptest! {
    #[test]
    fn every_day_reads_back_as_it_was_written(days in -719_162_i64..2_932_896) {
        let day = Date::from_days(days).expect("within the years 1 to 9999");
        prop_assert_eq!(day.to_string().parse(), Ok(day));
        let (year, month, number) = day.civil();
        prop_assert_eq!(Date::new(year, month, number), Some(day));
        prop_assert!(day.month().start() <= day && day <= day.month().end());
        prop_assert_eq!(day.month().to_string().parse(), Ok(day.month()));
        prop_assert_eq!(day.plus_days(7).map(Date::is_weekend).unwrap_or(day.is_weekend()), day.is_weekend());
    }

    #[test]
    fn an_age_is_the_most_years_whose_anniversary_has_come(born in 0_i64..20_000, later in -400_i64..40_000) {
        let born = Date::from_days(born).expect("in range");
        let date = Date::from_days(born.days() + later).expect("in range");
        let age = born.age_at(date);
        prop_assert!(born.plus_months(12 * age).expect("in range") <= date);
        prop_assert!(born.plus_months(12 * (age + 1)).expect("in range") > date);
    }
}
