//! What a caller may do and where: roles, and the areas that they hold in.

use std::fmt;
use std::str::FromStr;

use crate::area::{AreaCode, AreaLevel};

crate::rules::outcome::codes! {
    /// What a caller may do. Which call needs which role is one table at the edge.
    Role {
        /// 审核确认: decides applications, exits, imports, transfers, corrections and remedies.
        Decide = "decide",
        /// 定期核查: reviews cases.
        Review = "review",
        /// 政策发布: publishes policies and previews their effect.
        Policy = "policy",
        /// 审计: proves, replays, samples, opens documents, records findings.
        Audit = "audit",
        /// 审计中查看身份: opens identities too.
        AuditIdentity = "audit-identity",
        /// 运行维护: erases and restricts cases, takes the operator's side of a sample.
        Operate = "operate",
    }
}

impl Role {
    /// Pairs that one caller may not hold (职责分离), each with its reason.
    pub const APART: [(Role, Role, &'static str); 8] = [
        (
            Role::Policy,
            Role::Decide,
            "who publishes a policy does not decide by it",
        ),
        (
            Role::Policy,
            Role::Review,
            "who publishes a policy does not decide by it",
        ),
        (Role::Audit, Role::Decide, "nobody audits decisions of their own"),
        (Role::Audit, Role::Review, "nobody audits decisions of their own"),
        (
            Role::AuditIdentity,
            Role::Decide,
            "nobody audits decisions of their own",
        ),
        (
            Role::AuditIdentity,
            Role::Review,
            "nobody audits decisions of their own",
        ),
        (
            Role::Audit,
            Role::Operate,
            "one party would hold both sides of a sample's draw",
        ),
        (
            Role::AuditIdentity,
            Role::Operate,
            "who can erase an identity does not open it",
        ),
    ];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The roles of one caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// What a caller on the same machine may do where nobody is asked who they are: everything but opening identities,
    /// which is a setting of its own.
    #[must_use]
    pub fn of_loopback() -> Roles {
        let all = Role::ALL.iter().copied();
        all.filter(|role| *role != Role::AuditIdentity).collect()
    }

    /// Whether the role is one of them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether one of these is among them.
    #[must_use]
    pub fn has_any(self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.has(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Roles {
        Roles(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
    }
}

/// The areas of one caller, each with all that lies in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Areas(Vec<AreaCode>);

/// The text is not the prefix of an area code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an area: give 2 digits of a province, 4 of a city, 6 of a county or 9 of a township")]
pub struct AreaPrefixError;

/// Reads a prefix: `34`, `3403`, `340321` or `340321100`.
///
/// # Errors
/// [`AreaPrefixError`].
pub fn area_prefix(text: &str) -> Result<AreaCode, AreaPrefixError> {
    let (zeros, level) = match text.len() {
        2 => ("0000", AreaLevel::Province),
        4 => ("00", AreaLevel::City),
        6 => ("", AreaLevel::County),
        9 => ("", AreaLevel::Township),
        _ => return Err(AreaPrefixError),
    };
    let area = AreaCode::from_str(&format!("{text}{zeros}")).map_err(|_| AreaPrefixError)?;
    // 340300 would be a second name of 3403.
    if area.level() == level {
        Ok(area)
    } else {
        Err(AreaPrefixError)
    }
}

impl Areas {
    /// These areas.
    #[must_use]
    pub fn new(areas: impl IntoIterator<Item = AreaCode>) -> Areas {
        Areas(areas.into_iter().collect())
    }

    /// Everywhere: callers at the server's own machine.
    #[must_use]
    pub fn everywhere() -> Areas {
        Areas(vec![AreaCode::NATION])
    }

    /// Whether the whole of `area` is theirs.
    #[must_use]
    pub fn hold(&self, area: AreaCode) -> bool {
        self.0.iter().any(|held| area.lies_in(*held))
    }

    /// Whether some township of the county is theirs.
    #[must_use]
    pub fn hold_part_of(&self, county: AreaCode) -> bool {
        self.0.iter().any(|held| held.lies_in(county))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(text: &str) -> AreaCode {
        area_prefix(text).expect("a prefix")
    }

    #[test]
    fn a_prefix_of_2_4_6_or_9_digits_is_an_area_and_no_other_text_is() {
        let named = |text| area(text).to_string();
        assert_eq!([named("34"), named("3403")], ["340000", "340300"]);
        assert_eq!([named("340321"), named("340321100")], ["340321", "340321100"]);
        for other in [
            "",
            "3",
            "340",
            "34032",
            "340300",
            "340000",
            "340321000",
            "3403211",
            "ab",
            "100000",
        ] {
            assert_eq!(area_prefix(other), Err(AreaPrefixError), "{other}");
        }
    }

    #[test]
    fn a_township_is_part_of_its_county_and_holds_nothing_beside_itself() {
        let township = Areas::new([area("340321100")]);
        assert!(township.hold(area("340321100")) && township.hold_part_of(area("340321")));
        assert!(!township.hold(area("340321")) && !township.hold(area("340321101")));
        assert!(!township.hold_part_of(area("340322")));
        let city = Areas::new([area("3403")]);
        assert!(city.hold(area("340321")) && city.hold(area("340321100")) && !city.hold(area("3404")));
        assert!(!city.hold(area("34")));
    }

    #[test]
    fn only_a_setting_lets_callers_on_the_same_machine_open_identities() {
        for role in Role::ALL {
            assert_eq!(Roles::of_loopback().has(*role), *role != Role::AuditIdentity, "{role}");
        }
    }
}
