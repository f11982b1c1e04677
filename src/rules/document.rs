//! The sealed policy document: the typed tree whose canonical JSON is hashed and published.
//!
//! `language` builds it from the officers' text, `law` resolves several for one area, `eval`
//! runs it. Field names here are the keys of the JSON; absent options are absent keys.

use super::calendar::{Date, Month};
use super::expr::{Expr, Literal, Unit};

/// The semantics every document of this engine names.
pub const SEMANTICS: &str = "doudi-rules/1";

/// One document: one level of government, or a calendar, or the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Document {
    /// Short id, `[a-z][a-z0-9_]*`: the newest published document of an id and area is the one in use.
    pub policy: String,
    /// GB/T 2260 code of the level, 6 digits.
    pub area: String,
    /// Title for people.
    pub title: String,
    /// The instruments that are cited.
    pub instruments: Vec<Instrument>,
    /// Parameters declared here or given values here.
    pub parameters: Vec<Parameter>,
    /// Options chosen where the law is open (P1-P39).
    pub choices: Vec<Choice>,
    /// Clauses in the order of the text.
    pub clauses: Vec<Clause>,
    /// Ordered outcome lists.
    pub outcomes: Vec<OutcomeList>,
    /// What the law forbids.
    pub guards: Vec<Guard>,
    /// Dates at which something is due.
    pub schedules: Vec<Schedule>,
    /// What the case carries from this decision to the next.
    pub carries: Vec<Carry>,
    /// Years of the official working-day calendar.
    pub calendar: Vec<CalendarYear>,
    /// Scopes, code lists and facts; in the vocabulary document alone.
    pub vocabulary: Option<Vocabulary>,
    /// The document's own worked cases.
    pub cases: Vec<WorkedCase>,
}

/// An interval of legal effect; `until` is the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct InForce {
    /// First day, absent for "always".
    pub from: Option<Date>,
    /// Last day, absent for "until replaced".
    pub until: Option<Date>,
}

/// Which date of the decision selects a dated thing (L1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectedBy {
    /// 核算月: the first day of the month assessed. Clauses and parameters unless they say otherwise.
    AssessedMonth,
    /// 决定日. Guards, choices and schedules unless they say otherwise.
    DecisionDate,
    /// 申请日.
    ApplicationDate,
}

/// A legal instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Short id, for citations `id#article`.
    pub id: String,
    /// 文号, as printed.
    pub number: String,
    /// 标题.
    pub title: String,
    /// 发文机关.
    pub issuers: Vec<String>,
    /// The instrument that this one forwards or implements.
    pub parent: Option<String>,
    /// Instruments it names as its basis.
    pub basis: Vec<String>,
    /// Whether its text is held; a quote stands only where it is.
    pub held: bool,
    /// Legal effect.
    pub in_force: InForce,
    /// Its articles as far as they are cited.
    pub articles: Vec<Article>,
}

/// An article of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// As cited after `#`.
    pub id: String,
    /// The words of a held text, or a summary (摘要).
    pub text: ArticleText,
}

/// Quote or summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArticleText {
    /// `quote`: stands word for word in a held text.
    Quote(String),
    /// `summary`: 摘要 / 原文未持有.
    Summary(String),
}

/// The static type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// A number with its unit.
    Number(Unit),
    /// Truth.
    Bool,
    /// A code of a named list: `code:rural_urban`.
    Code(String),
    /// A civil date.
    Date,
    /// A calendar month.
    Month,
    /// An area code.
    Area,
}

/// A parameter: declared by one document, given values by it or by lower ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Id.
    pub id: String,
    /// Declaration, in the document that declares it; absent where only values are given.
    pub declaration: Option<ParameterDeclaration>,
    /// Bounds that this level sets for lower levels and officers.
    pub bounds: Option<Bounds>,
    /// Dated values.
    pub values: Vec<ParameterValue>,
}

/// What a parameter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterDeclaration {
    /// 名称.
    pub name: String,
    /// Type of the value.
    pub unit: Type,
    /// Types of the keys; at most one `area`, which comes first.
    pub keys: Vec<Type>,
    /// The date that selects the value where the text gives none.
    pub by: SelectedBy,
    /// The value of a key that no row lists while some row is in force (L7).
    pub otherwise: Option<Literal>,
    /// Who chooses inside the bounds: `county`, `officer`.
    pub chosen_by: Option<String>,
    /// Levels that may set it: nation, province, prefecture, county. Empty: any.
    pub settable_by: Vec<String>,
    /// Citation.
    pub cite: Option<String>,
}

/// Bounds, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Least.
    pub min: Literal,
    /// Greatest.
    pub max: Literal,
    /// The clause that sets them.
    pub cite: String,
}

/// One dated value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterValue {
    /// Stable id of the row, unique in the document: named by a determination that used it.
    pub id: String,
    /// The area it holds for; absent: the document's own.
    pub area: Option<String>,
    /// The other keys; `None` stands for `"*"`, any code.
    pub keys: Vec<Option<Literal>>,
    /// Legal effect.
    pub in_force: InForce,
    /// The value.
    pub value: Literal,
    /// The instrument that sets it.
    pub cite: Option<String>,
    /// A value that nobody has found in a text: shown as a sample wherever it is used.
    pub sample: bool,
    /// Who chose it and on what ground, for people.
    pub note: Option<String>,
}

/// An open point of the law and the option chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// `P1`..`P39`, with a suffix where one point has several values (`P4_wages`).
    pub id: String,
    /// The question, for people.
    pub name: String,
    /// All options; the first document that declares the choice lists them.
    pub options: Vec<String>,
    /// The option chosen.
    pub option: String,
    /// Legal effect of this choice, by the decision date.
    pub in_force: InForce,
    /// The clause that leaves it open.
    pub cite: Option<String>,
    /// Who chose.
    pub by: String,
    /// Why.
    pub note: Option<String>,
}

/// A named value with its citation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Id. Several clauses may share it if their effect does not overlap or one overrides.
    pub id: String,
    /// 中文名.
    pub name: String,
    /// Scope in which it is evaluated.
    pub scope: String,
    /// Type of the value.
    pub unit: Type,
    /// Citation.
    pub cite: Option<String>,
    /// Legal effect.
    pub in_force: InForce,
    /// The date that selects it.
    pub by: SelectedBy,
    /// What holds outside its effect (L12).
    pub on_lapse: Option<OnLapse>,
    /// The basis on which it replaces the clause of the same id of a superior or earlier instrument.
    pub overrides: Option<String>,
    /// The value.
    pub expr: Expr,
}

/// A lapsed clause: NEEDS_RULE where `when` holds, `otherwise` elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnLapse {
    /// Whom the lapse touches.
    pub when: Expr,
    /// The value for everybody else.
    pub otherwise: Literal,
}

/// An ordered list of outcomes: the first row whose `when` holds decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeList {
    /// Id.
    pub id: String,
    /// Codes of `decision.kind` for which it runs.
    pub kinds: Vec<String>,
    /// `household`, or `member` for a list that runs for each member after the household's.
    pub scope: String,
    /// Whom a list of scope `member` concerns: nothing is decided in it for others. None: every member.
    pub concerns: Option<Expr>,
    /// The rows.
    pub rows: Vec<OutcomeRow>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeRow {
    /// Id, unique in its list.
    pub id: String,
    /// Legal effect, by the decision date.
    pub in_force: InForce,
    /// The basis on which it replaces the row of the same id of a superior document.
    pub overrides: Option<String>,
    /// The row of a superior document before which it is put.
    pub before: Option<String>,
    /// When it decides.
    pub when: Expr,
    /// Outcome code: DIBAO, TEKUN, GRACE, STOP, EDGE, RIGID, REFUSED, SINGLE_DIBAO, OTHER_LOW_INCOME, CONTINUE ...
    pub outcome: String,
    /// Reason code.
    pub reason: Option<String>,
    /// Citation.
    pub cite: String,
    /// Whom the outcome covers: a bool in scope member; absent: every member, or the member of a member list.
    pub persons: Option<Expr>,
    /// Monthly amount in fen, already rounded.
    pub amount: Option<Expr>,
    /// First month of pay, or of effect.
    pub from: Option<Expr>,
    /// A calendar of months instead of an open entitlement (L10).
    pub months: Option<Months>,
    /// How long the outcome is valid.
    pub valid: Option<Expr>,
    /// The outcome that is planned to follow; planned, never executed.
    pub then: Option<Planned>,
    /// An amount that is shown and not granted (C6).
    pub shows: Option<Expr>,
    /// Steps to take, as codes: hearing, recheck, family_application ...
    pub first: Vec<String>,
    /// Where the household is referred to: monitoring ...
    pub refer: Vec<String>,
    /// Flags with their condition.
    pub flags: Vec<(String, Expr)>,
}

/// A calendar of `count` months from `from`; `amount` is evaluated in scope `pay_month`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Months {
    /// First month.
    pub from: Expr,
    /// Number of months.
    pub count: Expr,
    /// Amount of one month in fen, already rounded.
    pub amount: Expr,
}

/// A planned outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Outcome code.
    pub outcome: String,
    /// First month of effect.
    pub from: Expr,
    /// Reason code.
    pub reason: Option<String>,
    /// Steps to take before.
    pub first: Vec<String>,
}

/// What the law forbids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Id.
    pub id: String,
    /// `household` or `member`.
    pub scope: String,
    /// Legal effect.
    pub in_force: InForce,
    /// The date that selects it.
    pub by: SelectedBy,
    /// Outcome codes it applies to; empty: by effect alone.
    pub outcomes: Vec<String>,
    /// Effects it applies to: ENTRY, INCREASE, SAME, DECREASE, STOP; empty: by outcome alone.
    pub effects: Vec<String>,
    /// What must hold.
    pub require: Expr,
    /// Reason code when it does not.
    pub reason: String,
    /// What a failed guard does.
    pub on_failure: GuardFailure,
    /// Citation.
    pub cite: String,
    /// The basis on which it replaces the guard of the same id of a superior document.
    pub overrides: Option<String>,
}

/// What a failed guard does to the determination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardFailure {
    /// `propose`: a step is missing. The determination is recorded as PROPOSED_..., and does not take effect.
    Propose,
    /// `refuse`: what the officer chose is out of bounds. FAILED_PRECONDITION, nothing is appended.
    Refuse,
}

/// A date at which something is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Id: next_review, death_check ...
    pub id: String,
    /// Legal effect, by the decision date.
    pub in_force: InForce,
    /// Whether it applies; literal true where the text has none.
    pub when: Expr,
    /// A date.
    pub value: Expr,
    /// Citation.
    pub cite: String,
}

/// A value that the case carries to its next decision, as the history fact `fact`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carry {
    /// Vocabulary path of a history fact (`member.deduction_first_month`).
    pub fact: String,
    /// Whether it is carried; otherwise the earlier value stays.
    pub when: Expr,
    /// The value.
    pub value: Expr,
}

/// A year of the official calendar: what differs from Monday to Friday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarYear {
    /// Year.
    pub year: i32,
    /// Weekdays off.
    pub off: Vec<Date>,
    /// Weekend days worked (调休).
    pub work: Vec<Date>,
    /// The notice that sets it.
    pub cite: Option<String>,
    /// Not found in a held text: shown as a sample wherever it is used.
    pub sample: bool,
}

/// The facts that expressions may read.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Vocabulary {
    /// Scopes, parents first; `household` is the root.
    pub scopes: Vec<ScopeDefinition>,
    /// Named code lists.
    pub codes: Vec<CodeList>,
    /// Facts.
    pub facts: Vec<FactDefinition>,
}

/// A scope: a list of records under each record of its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeDefinition {
    /// Id: household, member, job, job_receipt, income, income_receipt, asset, expense, obligor, paid, pay_month.
    pub id: String,
    /// 中文名; `job_receipt` and `income_receipt` share 到账, the enclosing scope tells them apart.
    pub name: String,
    /// Parent scope; absent for the household.
    pub parent: Option<String>,
    /// Most records of it in a whole household.
    pub limit: u32,
}

/// A code list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeList {
    /// Id.
    pub id: String,
    /// Codes with their Chinese names.
    pub codes: Vec<(String, String)>,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactDefinition {
    /// Path: `member.birth`, `case.applied_on`, `history.last_amount`.
    pub path: String,
    /// 中文名.
    pub name: String,
    /// The scope that holds it.
    pub scope: String,
    /// Type.
    pub unit: Type,
    /// The value of an absent record (L9); without it an absent fact is missing.
    pub absent: Option<Literal>,
    /// Who supplies it: `caller`, `history` (H) or `engine` (E).
    pub source: String,
    /// One sentence for people.
    pub meaning: String,
}

/// A worked case of the document, in yuan as people write it; kept as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkedCase {
    /// Name, a sentence.
    pub name: String,
    /// Facts in the layout of the facts document.
    pub facts: crate::canonical::Json,
    /// Members of the expected determination; those not named are not compared.
    pub expect: crate::canonical::Json,
}

/// The month a date lies in, for a date written as a month (`2021-07`): its first or last day.
#[must_use]
pub fn month_edge(month: Month, last: bool) -> Date {
    if last { month.end() } else { month.start() }
}
