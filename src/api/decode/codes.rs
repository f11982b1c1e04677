//! Codes of the vocabulary out of the enums of the contracts: the same words, in capitals behind the enum's prefix.

use crate::api::pb;
use crate::app::command::{CaseScope, ErasureBasis, OpeningPurpose, RelationKind, RemedyBody, RemedyResult};
use crate::rules::outcome::Cause;

/// Refused where a field may be absent: the zero of every enum and numbers that it does not have.
const NO_CODE: &str = "is no value of the enum: give a named one, or leave the field out where it is unknown";
/// The same where the field is required.
const CODE_REQUIRED: &str = "is no value of the enum: this field is required, give a named one";

/// An enum whose values are codes of the vocabulary.
pub trait Coded: TryFrom<i32> {
    /// What stands before the code in the names of its values.
    const PREFIX: &'static str;

    /// The name of the value.
    fn name(&self) -> &'static str;

    /// The code of a number on the wire, of a field that may be absent.
    fn code(raw: i32) -> Result<String, &'static str> {
        let value = Self::try_from(raw).map_err(|_| NO_CODE)?;
        match value.name().strip_prefix(Self::PREFIX) {
            Some(code) if raw != 0 => Ok(code.to_ascii_lowercase()),
            Some(_) | None => Err(NO_CODE),
        }
    }

    /// The same of a field that is required.
    fn required(raw: i32) -> Result<String, &'static str> {
        Self::code(raw).map_err(|_| CODE_REQUIRED)
    }
}

macro_rules! coded {
    ($($name:ident = $prefix:literal,)*) => {
        $(impl Coded for pb::$name {
            const PREFIX: &'static str = $prefix;

            fn name(&self) -> &'static str {
                self.as_str_name()
            }
        })*
    };
}

coded! {
    ResidenceKind = "RESIDENCE_KIND_",
    ApplicationScope = "APPLICATION_SCOPE_",
    ObligorStatus = "OBLIGOR_STATUS_",
    ExitGround = "EXIT_GROUND_",
    MemberRelation = "MEMBER_RELATION_",
    ExclusionGround = "EXCLUSION_GROUND_",
    Education = "EDUCATION_",
    Labour = "LABOUR_",
    DisabilityKind = "DISABILITY_KIND_",
    Supporter = "SUPPORTER_",
    IncomeKind = "INCOME_KIND_",
    Regularity = "REGULARITY_",
    PensionScheme = "PENSION_SCHEME_",
    AssetKind = "ASSET_KIND_",
    ExpenseKind = "EXPENSE_KIND_",
    ObligorKind = "OBLIGOR_KIND_",
    PersonProgramme = "PERSON_PROGRAMME_",
    AssistanceStatus = "ASSISTANCE_STATUS_",
    SourceKind = "SOURCE_KIND_",
    Cause = "CAUSE_",
    RelationKind = "RELATION_KIND_",
    RemedyBody = "REMEDY_BODY_",
    RemedyResult = "REMEDY_RESULT_",
    OpeningPurpose = "OPENING_PURPOSE_",
    ErasureBasis = "ERASURE_BASIS_",
    CaseScope = "CASE_SCOPE_",
    PartyRole = "PARTY_ROLE_",
    SamplePopulation = "SAMPLE_POPULATION_",
    SampleDraw = "SAMPLE_DRAW_",
    SampleAllocation = "SAMPLE_ALLOCATION_",
    StratumField = "STRATUM_FIELD_",
    FindingOutcome = "FINDING_OUTCOME_",
    FindingCause = "FINDING_CAUSE_",
    ProcedureStep = "PROCEDURE_STEP_",
    AuditeeAnswer = "AUDITEE_ANSWER_",
}

/// The typed value of a number on the wire, of a field that is required.
pub fn typed<E: Coded, T>(raw: i32, from_code: impl Fn(&str) -> Option<T>) -> Result<T, &'static str> {
    from_code(&E::required(raw)?).ok_or(CODE_REQUIRED)
}

/// What documents are opened for.
pub fn opening_purpose(raw: i32) -> Result<OpeningPurpose, &'static str> {
    typed::<pb::OpeningPurpose, _>(raw, OpeningPurpose::from_code)
}

/// A legal ground.
pub fn erasure_basis(raw: i32) -> Result<ErasureBasis, &'static str> {
    typed::<pb::ErasureBasis, _>(raw, ErasureBasis::from_code)
}

/// How much of a case.
pub fn case_scope(raw: i32) -> Result<CaseScope, &'static str> {
    typed::<pb::CaseScope, _>(raw, |code| code.parse().ok())
}

/// A cause, if it is one of those that the call may have.
pub fn cause(raw: i32, allowed: &[Cause]) -> Result<Cause, &'static str> {
    let cause = typed::<pb::Cause, _>(raw, Cause::from_code)?;
    if allowed.contains(&cause) {
        Ok(cause)
    } else {
        Err("is not a cause of this call: see its comment for those that are")
    }
}

/// A relation.
pub fn relation(raw: i32) -> Result<RelationKind, &'static str> {
    typed::<pb::RelationKind, _>(raw, RelationKind::from_code)
}

/// A body.
pub fn remedy_body(raw: i32) -> Result<RemedyBody, &'static str> {
    typed::<pb::RemedyBody, _>(raw, RemedyBody::from_code)
}

/// A result.
pub fn remedy_result(raw: i32) -> Result<RemedyResult, &'static str> {
    typed::<pb::RemedyResult, _>(raw, RemedyResult::from_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_unknown_numbers_are_refused() {
        assert_eq!(pb::MemberRelation::code(3), Ok("minor_child".to_owned()));
        for raw in [0, -1, 99, i32::MAX, i32::MIN] {
            assert_eq!(pb::MemberRelation::code(raw), Err(NO_CODE));
        }
    }

    #[test]
    fn a_required_value_is_not_to_be_left_out() {
        for raw in [0, 99] {
            let refused = case_scope(raw).expect_err("no scope");
            assert!(
                refused.contains("is required") && !refused.contains("leave"),
                "{refused}"
            );
        }
    }

    #[test]
    fn every_typed_value_has_a_number() {
        let all = |name: &str, found: usize, expected: usize| assert_eq!(found, expected, "{name}");
        let numbers = 0..100;
        all(
            "cause",
            numbers.clone().filter(|n| cause(*n, Cause::ALL).is_ok()).count(),
            Cause::ALL.len(),
        );
        all(
            "relation",
            numbers.clone().filter(|n| relation(*n).is_ok()).count(),
            RelationKind::ALL.len(),
        );
        all(
            "body",
            numbers.clone().filter(|n| remedy_body(*n).is_ok()).count(),
            RemedyBody::ALL.len(),
        );
        all(
            "result",
            numbers.filter(|n| remedy_result(*n).is_ok()).count(),
            RemedyResult::ALL.len(),
        );
    }
}
