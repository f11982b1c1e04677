//! What a determination can say: outcomes, effects, programmes and the status of a case.
//!
//! The codes are the words of the policy documents and of the records; they never change.

/// Makes an enum whose variants have one code each, the word in documents and records.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The code in documents and records.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $($name::$variant => $code),* }
            }

            /// The value of a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<$name> {
                match code { $($code => Some($name::$variant),)* _ => None }
            }
        }

        impl $crate::reader::FromJson for $name {
            fn from_json(value: &$crate::canonical::Json) -> Option<Self> {
                $name::from_code(value.as_text()?)
            }
        }
    };
}

pub(crate) use codes;

codes! {
    /// What was decided for a household, or for one member.
    Outcome {
        /// 最低生活保障.
        Dibao = "DIBAO",
        /// 特困供养.
        Tekun = "TEKUN",
        /// 参照单人户 for a severely ill or disabled member.
        SingleDibao = "SINGLE_DIBAO",
        /// 渐退.
        Grace = "GRACE",
        /// 低保边缘.
        Edge = "EDGE",
        /// 刚性支出困难家庭.
        Rigid = "RIGID",
        /// 其他低收入: monitoring alone.
        OtherLowIncome = "OTHER_LOW_INCOME",
        /// 不予确认.
        Refused = "REFUSED",
        /// 停发.
        Stop = "STOP",
        /// The entitlement with a step missing: nothing takes effect.
        ProposedEntry = "PROPOSED_ENTRY",
        /// A higher amount with a step missing.
        ProposedIncrease = "PROPOSED_INCREASE",
        /// The same amount with a step missing.
        ProposedSame = "PROPOSED_SAME",
        /// A cut with a step missing, such as the hearing.
        ProposedDecrease = "PROPOSED_DECREASE",
        /// A stop with a step missing, such as the hearing.
        ProposedStop = "PROPOSED_STOP",
        /// Facts are missing that decide.
        NeedsFacts = "NEEDS_FACTS",
        /// No rule or parameter is loaded for the date.
        NeedsRule = "NEEDS_RULE",
        /// The rules cannot be computed on these facts: overflow, division by zero, a result out of range.
        Error = "ERROR",
    }
}

codes! {
    /// What a determination does to the monthly amount, against the calendar that stands (L15).
    Effect {
        /// Nothing stood, something is paid.
        Entry = "ENTRY",
        /// More than stood.
        Increase = "INCREASE",
        /// As much as stood, or nothing before and after.
        Same = "SAME",
        /// Less than stood, but something.
        Decrease = "DECREASE",
        /// Something stood, nothing is paid.
        Stop = "STOP",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro that makes the enum names no default")]
impl Default for CaseStatus {
    fn default() -> Self {
        CaseStatus::None
    }
}

impl Effect {
    /// The outcome that is recorded when a guard holds this effect back.
    #[must_use]
    pub const fn proposed(self) -> Outcome {
        match self {
            Effect::Entry => Outcome::ProposedEntry,
            Effect::Increase => Outcome::ProposedIncrease,
            Effect::Same => Outcome::ProposedSame,
            Effect::Decrease => Outcome::ProposedDecrease,
            Effect::Stop => Outcome::ProposedStop,
        }
    }
}

codes! {
    /// A basic programme: one person holds one of them a month.
    Programme {
        /// Family dibao.
        Dibao = "DIBAO",
        /// Grace after family dibao.
        Grace = "GRACE",
        /// Single-person dibao.
        SingleDibao = "SINGLE_DIBAO",
        /// 特困供养.
        Tekun = "TEKUN",
    }
}

codes! {
    /// Where a household's case stands between decisions.
    CaseStatus {
        /// No assistance.
        None = "none",
        /// 低保.
        Dibao = "dibao",
        /// 渐退期.
        Grace = "grace",
        /// 特困供养.
        Tekun = "tekun",
        /// 低保边缘.
        Edge = "edge",
        /// 刚性支出.
        Rigid = "rigid",
    }
}

codes! {
    /// Why a determination was made.
    Cause {
        /// An application.
        Initial = "initial",
        /// Periodic review.
        Review = "review",
        /// A reported or found change.
        Event = "event",
        /// A correction of an earlier determination.
        Correction = "correction",
        /// The result of administrative reconsideration (复议).
        Remedy = "remedy",
        /// A judgment.
        Court = "court",
    }
}

impl Outcome {
    /// The basic programme that this outcome pays, if it pays.
    #[must_use]
    pub const fn programme(self) -> Option<Programme> {
        match self {
            Outcome::Dibao => Some(Programme::Dibao),
            Outcome::Tekun => Some(Programme::Tekun),
            Outcome::SingleDibao => Some(Programme::SingleDibao),
            Outcome::Grace => Some(Programme::Grace),
            Outcome::Edge
            | Outcome::Rigid
            | Outcome::OtherLowIncome
            | Outcome::Refused
            | Outcome::Stop
            | Outcome::ProposedEntry
            | Outcome::ProposedIncrease
            | Outcome::ProposedSame
            | Outcome::ProposedDecrease
            | Outcome::ProposedStop
            | Outcome::NeedsFacts
            | Outcome::NeedsRule
            | Outcome::Error => None,
        }
    }

    /// The status of the case once this outcome of its household has taken effect;
    /// none where it leaves the status as it is.
    #[must_use]
    pub const fn status(self) -> Option<CaseStatus> {
        match self {
            Outcome::Dibao => Some(CaseStatus::Dibao),
            Outcome::Tekun => Some(CaseStatus::Tekun),
            Outcome::Grace => Some(CaseStatus::Grace),
            Outcome::Edge => Some(CaseStatus::Edge),
            Outcome::Rigid => Some(CaseStatus::Rigid),
            Outcome::OtherLowIncome | Outcome::Stop => Some(CaseStatus::None),
            Outcome::SingleDibao
            | Outcome::Refused
            | Outcome::ProposedEntry
            | Outcome::ProposedIncrease
            | Outcome::ProposedSame
            | Outcome::ProposedDecrease
            | Outcome::ProposedStop
            | Outcome::NeedsFacts
            | Outcome::NeedsRule
            | Outcome::Error => None,
        }
    }

    /// Whether a policy document may name it; the others are the engine's own.
    #[must_use]
    pub const fn is_decided_by_law(self) -> bool {
        match self {
            Outcome::Dibao
            | Outcome::Tekun
            | Outcome::SingleDibao
            | Outcome::Grace
            | Outcome::Edge
            | Outcome::Rigid
            | Outcome::OtherLowIncome
            | Outcome::Refused
            | Outcome::Stop => true,
            Outcome::ProposedEntry
            | Outcome::ProposedIncrease
            | Outcome::ProposedSame
            | Outcome::ProposedDecrease
            | Outcome::ProposedStop
            | Outcome::NeedsFacts
            | Outcome::NeedsRule
            | Outcome::Error => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_as_the_value_it_names() {
        assert!(Outcome::ALL.iter().all(|v| Outcome::from_code(v.code()) == Some(*v)));
        assert!(
            CaseStatus::ALL
                .iter()
                .all(|v| CaseStatus::from_code(v.code()) == Some(*v))
        );
        assert_eq!(Effect::from_code("entry"), None);
    }
}
