//! The names of the operators in the sealed form, and how many arguments each takes.

use std::ops::RangeInclusive;

use crate::rules::expr::Operator;

/// Most arguments of an operator that takes any number.
pub const ARGUMENTS_MAX: usize = 256;

const ONE: RangeInclusive<usize> = 1..=1;
const TWO: RangeInclusive<usize> = 2..=2;
const THREE: RangeInclusive<usize> = 3..=3;
const MANY: RangeInclusive<usize> = 2..=ARGUMENTS_MAX;

macro_rules! operators {
    ($($variant:ident $word:literal $arity:ident)+) => {
        impl Operator {
            /// Every operator.
            pub const ALL: &[Operator] = &[$(Operator::$variant),+];

            /// The name in the sealed form.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Operator::$variant => $word),+ }
            }

            /// The operator of a name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Operator> {
                match name { $($word => Some(Operator::$variant),)+ _ => None }
            }

            /// How many arguments it takes.
            #[must_use]
            pub const fn arity(self) -> RangeInclusive<usize> {
                match self { $(Operator::$variant => $arity),+ }
            }
        }
    };
}

operators! {
    Neg "neg" ONE
    Add "add" MANY
    Sub "sub" TWO
    Mul "mul" MANY
    Div "div" TWO
    Min "min" MANY
    Max "max" MANY
    Eq "eq" TWO
    Ne "ne" TWO
    Lt "lt" TWO
    Le "le" TWO
    Gt "gt" TWO
    Ge "ge" TWO
    And "and" MANY
    Or "or" MANY
    Not "not" ONE
    If "if" THREE
    Within "within" THREE
    MonthOf "month_of" ONE
    MonthStart "month_start" ONE
    MonthEnd "month_end" ONE
    NextMonth "next_month" ONE
    AddMonths "add_months" TWO
    AddDays "add_days" TWO
    MonthsBetween "months_between" TWO
    DaysBetween "days_between" TWO
    AgeAt "age_at" TWO
    AddWorkingDays "add_working_days" TWO
    WithinArea "within_area" TWO
}
