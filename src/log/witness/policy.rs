//! The trust policy of C2SP tlog-policy (draft): which logs and witnesses are known, and which witnesses suffice.

use std::collections::{BTreeMap, BTreeSet};

use crate::log::note::{CosignerKey, VerifierKey};

/// Most logs, witnesses and groups of a policy, each.
pub const POLICY_ITEM_COUNT_MAX: usize = 256;

/// Largest policy file.
pub const POLICY_SIZE_MAX_BYTES: usize = 1024 * 1024;

/// The quorum that asks for nobody.
const NONE: &[u8] = b"none";

/// A witness of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its key.
    pub key: CosignerKey,
    /// Its submission prefix, where checkpoints are sent.
    pub url: Option<String>,
}

/// A policy file, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustPolicy {
    /// Keys of the logs; empty where they are known otherwise.
    pub logs: Vec<VerifierKey>,
    /// The witnesses, in the order of the file.
    pub witnesses: Vec<Witness>,
    quorum: Option<Rule>,
}

/// What must have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// The witness at this place.
    Witness(usize),
    /// So many of these.
    Group(usize, Vec<Rule>),
}

/// What is wrong with a policy file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A line.
    #[error("line {line} of the witness policy: {problem}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong, then the fix.
        problem: String,
    },
    /// No quorum line.
    #[error("the witness policy has no quorum: end it with `quorum NAME` or `quorum none`")]
    NoQuorum,
    /// Too large.
    #[error("the witness policy has more than {POLICY_SIZE_MAX_BYTES} bytes")]
    TooLarge,
}

impl TrustPolicy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`PolicyError`] at the first line that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<TrustPolicy, PolicyError> {
        if bytes.len() > POLICY_SIZE_MAX_BYTES {
            return Err(PolicyError::TooLarge);
        }
        let mut reader = Reader::default();
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let items: Vec<&[u8]> = line
                .split(|byte| matches!(byte, b' ' | b'\t'))
                .filter(|item| !item.is_empty())
                .collect();
            reader
                .line(line, &items)
                .map_err(|problem| PolicyError::Line { line: at + 1, problem })?;
        }
        if !reader.has_quorum {
            return Err(PolicyError::NoQuorum);
        }
        Ok(reader.policy)
    }

    /// Whether the quorum is one that asks for anybody.
    #[must_use]
    pub fn asks_for_witnesses(&self) -> bool {
        self.quorum.is_some()
    }

    /// Whether the witnesses at these places suffice.
    #[must_use]
    pub fn is_met(&self, cosigned: &BTreeSet<usize>) -> bool {
        self.quorum.as_ref().is_none_or(|rule| rule.is_met(cosigned))
    }
}

impl Rule {
    fn is_met(&self, cosigned: &BTreeSet<usize>) -> bool {
        match self {
            Rule::Witness(at) => cosigned.contains(at),
            Rule::Group(wanted, members) => members.iter().filter(|rule| rule.is_met(cosigned)).count() >= *wanted,
        }
    }
}

#[derive(Default)]
struct Reader {
    policy: TrustPolicy,
    named: BTreeMap<Vec<u8>, Rule>,
    /// Names that are members of a group: each may be so once.
    members: BTreeSet<Vec<u8>>,
    has_quorum: bool,
}

impl Reader {
    fn line(&mut self, line: &[u8], items: &[&[u8]]) -> Result<(), String> {
        if line
            .iter()
            .any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f)
        {
            return Err("has a control character: write tabs, spaces and one newline a line".to_owned());
        }
        match items {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", key] | [b"log", key, _] => self.log(key),
            [b"witness", name, key] => self.witness(name, key, None),
            [b"witness", name, key, url] => self.witness(name, key, Some(url)),
            [b"group", name, wanted, members @ ..] => self.group(name, wanted, members),
            [b"quorum", name] => self.quorum(name),
            [..] => Err("is no log, witness, group or quorum line: correct its first word and its parts".to_owned()),
        }
    }

    fn log(&mut self, key: &[u8]) -> Result<(), String> {
        let key: VerifierKey = text(key)?.parse().map_err(|error| format!("{error}"))?;
        if self
            .policy
            .logs
            .iter()
            .any(|other| other.key_bytes() == key.key_bytes())
        {
            return Err("names the key of a log for the second time: leave one line out".to_owned());
        }
        self.policy.logs.push(key);
        within(self.policy.logs.len())
    }

    fn witness(&mut self, name: &[u8], key: &[u8], url: Option<&[u8]>) -> Result<(), String> {
        let key: CosignerKey = text(key)?.parse().map_err(|error| format!("{error}"))?;
        let url = url.map(text).transpose()?.map(str::to_owned);
        if self
            .policy
            .witnesses
            .iter()
            .any(|other| other.key.key_bytes() == key.key_bytes())
        {
            return Err("names the key of a witness for the second time: leave one line out".to_owned());
        }
        let rule = Rule::Witness(self.policy.witnesses.len());
        self.name(name, rule)?;
        self.policy.witnesses.push(Witness { key, url });
        within(self.policy.witnesses.len())
    }

    fn group(&mut self, name: &[u8], wanted: &[u8], members: &[&[u8]]) -> Result<(), String> {
        let mut rules = Vec::new();
        for member in members {
            let rule = self
                .named
                .get(*member)
                .ok_or("has a member that no line before defines")?;
            if !self.members.insert(member.to_vec()) {
                return Err("has a member that is in a group already: each name is in one group once".to_owned());
            }
            rules.push(rule.clone());
        }
        let wanted = match wanted {
            b"all" => rules.len(),
            b"any" => 1,
            number => decimal(number).ok_or("wants neither `all`, `any` nor a decimal number of its members")?,
        };
        if wanted < 1 || wanted > rules.len() {
            return Err("wants more members than it has, or none: give 1 up to their number".to_owned());
        }
        self.name(name, Rule::Group(wanted, rules))?;
        within(self.named.len() - self.policy.witnesses.len())
    }

    fn name(&mut self, name: &[u8], rule: Rule) -> Result<(), String> {
        if name == NONE || self.named.contains_key(name) {
            return Err("gives a name that is taken: choose another one".to_owned());
        }
        self.named.insert(name.to_vec(), rule);
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), String> {
        if self.has_quorum {
            return Err("is a second quorum: leave one out".to_owned());
        }
        self.has_quorum = true;
        if name != NONE {
            let rule = self.named.get(name).ok_or("names what no line before defines")?;
            self.policy.quorum = Some(rule.clone());
        }
        Ok(())
    }
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "has a key or URL that is no UTF-8".to_owned())
}

fn decimal(bytes: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(bytes).ok()?;
    let number: usize = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn within(count: usize) -> Result<(), String> {
    if count <= POLICY_ITEM_COUNT_MAX {
        Ok(())
    } else {
        Err(format!(
            "is one too many: at most {POLICY_ITEM_COUNT_MAX} logs, witnesses and groups each"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::note::{Cosigner, Ed25519Signer, KeyName};

    fn witness(seed: u8) -> String {
        let name = KeyName::new(format!("witness.example/{seed}")).expect("a name");
        Cosigner::new(name, &[seed; 32]).key().to_string()
    }

    #[test]
    fn the_example_of_the_audit_kit_is_a_policy() {
        let policy = TrustPolicy::parse(include_bytes!("../../../deploy/audit/trust-policy.example"));
        let policy = policy.expect("an example that can be copied");
        assert_eq!((policy.logs.len(), policy.witnesses.len()), (1, 3));
        assert!(!policy.is_met(&BTreeSet::from([1])) && policy.is_met(&BTreeSet::from([0, 2])));
    }

    fn log(seed: u8) -> String {
        let name = KeyName::new("doudi.example/340321/1").expect("a name");
        Ed25519Signer::new(name, &[seed; 32]).verifier_key().to_string()
    }

    /// The example of the specification.
    fn example() -> String {
        let mut text = format!("log {}\n\n", log(1));
        for (at, name) in ["X1", "X2", "X3", "Y1", "Y2", "Y3"].iter().enumerate() {
            let seed = 10 + u8::try_from(at).expect("small");
            text += &format!("witness {name} {} https://{name}.example/\n", witness(seed));
        }
        text + "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n\
                # both organisations\n\tgroup X-and-Y all X-witnesses  Y-witnesses \nquorum X-and-Y\n"
    }

    fn problem(text: &str) -> String {
        TrustPolicy::parse(text.as_bytes())
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn the_example_of_the_specification_wants_two_of_one_and_any_of_the_other() {
        let policy = TrustPolicy::parse(example().as_bytes()).expect("the example");
        assert_eq!((policy.logs.len(), policy.witnesses.len()), (1, 6));
        assert_eq!(policy.witnesses[0].url.as_deref(), Some("https://X1.example/"));
        let met = |cosigned: &[usize]| policy.is_met(&cosigned.iter().copied().collect());
        assert!(met(&[0, 2, 4]) && met(&[0, 1, 2, 3, 4, 5]));
        assert!(!met(&[0, 1, 2]) && !met(&[0, 4, 5]) && !met(&[]));
    }

    #[test]
    fn a_quorum_of_nobody_is_always_met_and_one_witness_can_be_the_quorum() {
        let none = TrustPolicy::parse(b"quorum none\n").expect("the smallest policy");
        assert!(!none.asks_for_witnesses() && none.is_met(&BTreeSet::new()));
        let one = format!("witness A {}\nquorum A", witness(1));
        let one = TrustPolicy::parse(one.as_bytes()).expect("a policy");
        assert!(one.asks_for_witnesses() && !one.is_met(&BTreeSet::new()));
        assert!(one.is_met(&BTreeSet::from([0])));
    }

    #[test]
    fn every_rule_of_the_file_is_held_with_the_line_that_breaks_it() {
        let (a, b) = (witness(1), witness(2));
        let two = format!("witness A {a}\nwitness B {b}\n");
        for (text, expected) in [
            (
                format!("{two}group G 3 A B\nquorum G\n"),
                "line 3 of the witness policy: wants more",
            ),
            (
                format!("{two}group G 0 A B\nquorum G\n"),
                "line 3 of the witness policy: wants more",
            ),
            (
                format!("{two}group G 01 A B\nquorum G\n"),
                "line 3 of the witness policy: wants neither",
            ),
            (
                format!("{two}group G any\nquorum G\n"),
                "line 3 of the witness policy: wants more",
            ),
            (
                format!("{two}group G any C\nquorum G\n"),
                "line 3 of the witness policy: has a member that no",
            ),
            (
                format!("{two}group G any A A\nquorum G\n"),
                "line 3 of the witness policy: has a member that is in",
            ),
            (
                format!("{two}group G any A\ngroup H any A\nquorum H\n"),
                "line 4 of the witness policy: has a member",
            ),
            (
                format!("{two}group A any B\nquorum A\n"),
                "line 3 of the witness policy: gives a name",
            ),
            (
                format!("witness none {a}\nquorum none\n"),
                "line 1 of the witness policy: gives a name",
            ),
            (format!("{two}quorum C\n"), "line 3 of the witness policy: names what"),
            (
                format!("{two}quorum A\nquorum B\n"),
                "line 4 of the witness policy: is a second",
            ),
            (
                format!("witness A {a}\nwitness B {a}\nquorum A\n"),
                "line 2 of the witness policy: names the key",
            ),
            (
                format!("log {0}\nlog {0}\nquorum none\n", log(1)),
                "line 2 of the witness policy: names the key",
            ),
            (
                format!("witness A {}\nquorum A\n", log(1)),
                "line 1 of the witness policy: key type 0x01",
            ),
            (
                format!("log {a}\nquorum none\n"),
                "line 1 of the witness policy: key type 0x04",
            ),
            ("qourum none\n".to_owned(), "line 1 of the witness policy: is no log"),
            (
                "quorum none\r\n".to_owned(),
                "line 1 of the witness policy: has a control",
            ),
            (two, "the witness policy has no quorum"),
        ] {
            let found = problem(&text);
            assert!(found.starts_with(expected), "{text}\n{found}");
        }
    }
}
