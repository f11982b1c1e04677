//! Where a fact of the facts document stands in the request: the facts drop the unit that a field's name ends with.

/// Fields of the request whose fact has the name without the unit; a test compares them with the contract.
pub(crate) const AMOUNT_FIELDS: [&str; 8] = [
    "account_part_fen",
    "amount_fen",
    "central_part_fen",
    "cert_needs_fen",
    "local_part_fen",
    "value_fen",
    "wage_fen",
    "year_income_fen",
];

/// What ends the name of a fact where a unit follows in the request.
const UNIT: &str = "_fen";

/// The path of a field out of that of a fact: `members/1/incomes/0/amount` is `members[1].incomes[0].amount_fen`.
pub(super) fn field_of(fact: &str) -> String {
    let mut path = String::new();
    for step in fact.split('/') {
        if step.parse::<usize>().is_ok() {
            path.push_str(&format!("[{step}]"));
            continue;
        }
        if !path.is_empty() {
            path.push('.');
        }
        let amount = AMOUNT_FIELDS
            .into_iter()
            .find(|field| field.split_once(UNIT).is_some_and(|(name, _)| name == step));
        path.push_str(amount.unwrap_or(step));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_named_as_the_caller_wrote_it() {
        assert_eq!(field_of("members/1/excluded_for"), "members[1].excluded_for");
        assert_eq!(
            field_of("members/0/incomes/12/amount"),
            "members[0].incomes[12].amount_fen"
        );
        assert_eq!(field_of("obligors/0/year_income"), "obligors[0].year_income_fen");
    }
}
