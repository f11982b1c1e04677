//! The limits of a request. The sizes of lists are the limits of the vocabulary's scopes, so that what is accepted
//! here can be evaluated at a cost known beforehand; a test compares the two.

/// Members of a household.
pub const MEMBER_COUNT_MAX: usize = 64;
/// Jobs and incomes of a household together.
pub const JOB_AND_INCOME_COUNT_MAX: usize = 256;
/// Receipts of a household together.
pub const RECEIPT_COUNT_MAX: usize = 2_048;
/// Pieces of property.
pub const ASSET_COUNT_MAX: usize = 64;
/// Expenses: 21 a month over the twelve months that the rule for rigid spending looks at.
pub const EXPENSE_COUNT_MAX: usize = 256;
/// Obligors.
pub const OBLIGOR_COUNT_MAX: usize = 64;
/// Payments of an imported case.
pub const PAYMENT_COUNT_MAX: usize = 64;
/// Sources: a few for each member.
pub const SOURCE_COUNT_MAX: usize = 256;
/// Choices of officers.
pub const DISCRETION_COUNT_MAX: usize = 32;
/// Relations to earlier determinations.
pub const RELATION_COUNT_MAX: usize = 16;
/// Names of officers.
pub const OFFICER_NAME_COUNT_MAX: usize = 16;

/// Codes, numbers, roles, short values.
pub const SHORT_TEXT_SIZE_MAX_BYTES: usize = 64;
/// Names of people and units, numbers of documents.
pub const NAME_SIZE_MAX_BYTES: usize = 128;
/// Telephone.
pub const PHONE_SIZE_MAX_BYTES: usize = 32;
/// Address.
pub const ADDRESS_SIZE_MAX_BYTES: usize = 512;
/// Reasons and summaries: some 600 Chinese characters.
pub const REASON_SIZE_MAX_BYTES: usize = 2_000;
/// The text of a policy document. The largest shipped one is under a tenth of it.
pub const POLICY_SIZE_MAX_BYTES: usize = 1 << 20;
/// Documents of a preview: as many as one law is made of.
pub const IMPACT_POLICY_COUNT_MAX: usize = 64;
/// Parameters, choices and clauses that a preview asks for.
pub const IMPACT_USE_COUNT_MAX: usize = 64;
/// Largest request but a policy's. Holds a household at every limit; a test builds one.
pub const REQUEST_SIZE_MAX_BYTES: usize = 512 * 1024;
/// Largest request of the policy service: a document, and 64 KiB for who publishes it.
pub const POLICY_REQUEST_SIZE_MAX_BYTES: usize = POLICY_SIZE_MAX_BYTES + 64 * 1024;
/// Correlation id of an item of a stream.
pub const CORRELATION_ID_SIZE_MAX_BYTES: usize = 64;

/// First year of a date. Nobody alive was born before it.
pub const YEAR_MIN: i32 = 1900;
/// Last year of a date: certificates without end are written far ahead.
pub const YEAR_MAX: i32 = 2199;

/// Longest grace period that can be written down; the law's own bounds are the guard's business.
pub const GRACE_MONTH_COUNT_MAX: i32 = 120;
/// Largest count of a kind that nothing else bounds (times that work was refused, episodes).
pub const COUNT_MAX: i32 = 1_000;
/// Hours of a month of 31 days.
pub const MONTH_HOUR_COUNT_MAX: i32 = 744;
/// Levels of disability; 0 is none.
pub const DISABILITY_LEVEL_MAX: i32 = 4;
/// Items of the six-item test (43号).
pub const SELF_CARE_ITEM_COUNT: i32 = 6;
