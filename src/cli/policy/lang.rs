//! The language in which officers are told: what `--lang` says, else what the environment says.

use clap::ValueEnum;

use crate::rules::language::say::Lang;

/// The language of messages. Policies and their renderings are Chinese in either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Lang {
        match language {
            Language::Zh => Lang::Zh,
            Language::En => Lang::En,
        }
    }
}

/// The variables that name a language, the strongest first (POSIX).
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// What was asked for, or what the environment says.
pub fn chosen(asked: Option<Language>) -> Lang {
    asked.map_or_else(|| of_environment(|name| std::env::var(name).ok()), Lang::from)
}

/// The first variable that is set decides; one that is set and empty is not.
fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Lang {
    let set = VARIABLES
        .iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match set {
        Some(value) if value.to_ascii_lowercase().starts_with("zh") => Lang::Zh,
        Some(_) | None => Lang::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(set: &[(&str, &str)]) -> Lang {
        of_environment(|name| {
            set.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_strongest_variable_that_is_set_decides() {
        assert_eq!(with(&[]), Lang::En);
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8")]), Lang::Zh);
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")]), Lang::En);
        assert_eq!(with(&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "zh_CN")]), Lang::Zh);
        assert_eq!(with(&[("LANG", "zh_CN"), ("LC_ALL", "")]), Lang::Zh);
    }

    #[test]
    fn a_flag_wins_over_the_environment() {
        assert_eq!(chosen(Some(Language::Zh)), Lang::Zh);
        assert_eq!(chosen(Some(Language::En)), Lang::En);
    }
}
