//! Where each setting comes from: the defaults, a file, the environment, the flags; the later wins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile, Provider as _};

use super::{Config, Flags};

/// Every environment variable of ours starts with this.
const ENVIRONMENT_PREFIX: &str = "DOUDI_";
/// Variables of the tests, and the one that names the file itself, are not settings.
const ENVIRONMENT_OTHER: [&str; 2] = ["TEST_", "CONFIG"];

/// Settings that are numbers or truth values; all others are text, also where it looks like a number.
const SETTINGS_NOT_TEXT: [&str; 9] = [
    "identity_to_loopback",
    "retention_years",
    "witness_required",
    "calls_at_once",
    "calls_per_second",
    "calls_burst",
    "calls_dry_run",
    "reflection",
    "trace_sampled_per_million",
];

/// Most letters by which a key may be a misspelling of another: a third of it, and no more than this.
const NEAR_MAX: usize = 3;

/// Where the value of a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Variable(name) => write!(f, "environment variable {name}"),
            Origin::Flag(name) => f.write_str(name),
        }
    }
}

/// One setting for people, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key.
    pub key: String,
    /// Its value; none: not set.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The key.
    pub key: String,
    /// Where it was set.
    pub origin: Origin,
    /// What is wrong, then the fix. Never holds a secret.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.key, self.origin, self.text)
    }
}

/// Settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there.
    #[error("configuration file {0} does not exist: correct --config or DOUDI_CONFIG")]
    FileAbsent(PathBuf),
    /// The file is no TOML; the reader's words, with line and column.
    #[error("configuration file {0}: {1}")]
    FileMalformed(PathBuf, String),
    /// Every violation.
    #[error("{}", join(.0))]
    Violations(Vec<Violation>),
}

fn join(violations: &[Violation]) -> String {
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The settings and where each comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The settings.
    pub config: Config,
    origins: BTreeMap<String, Origin>,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`ConfigError`] with every violation.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &Flags,
    ) -> Result<Settings, ConfigError> {
        let mut given = Given::default();
        if let Some(path) = file {
            for (key, value) in from_file(path)? {
                given.set(key.clone(), value, Origin::File(path.to_owned()), &key);
            }
        }
        for (name, value) in environment {
            let Some(key) = name.strip_prefix(ENVIRONMENT_PREFIX) else {
                continue;
            };
            if ENVIRONMENT_OTHER.iter().any(|other| key.starts_with(other)) {
                continue;
            }
            let key = key.to_lowercase();
            let value = typed(&key, &value);
            given.set(key, value, Origin::Variable(name.clone()), &name);
        }
        for (key, value) in dictionary(flags) {
            let flag = format!("--{}", key.replace('_', "-"));
            given.set(key, value, Origin::Flag(flag), "");
        }
        given.finish()
    }

    /// Where the value of a key comes from.
    #[must_use]
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }

    /// Every setting by key, with secrets left out.
    #[must_use]
    pub fn list(&self) -> Vec<Setting> {
        let shown = |key: &str, value: &Value| match value {
            Value::Empty(..) => None,
            Value::String(_, text) if key == "database" => Some(without_password(text)),
            Value::String(_, text) => Some(text.clone()),
            Value::Bool(_, truth) => Some(truth.to_string()),
            Value::Num(_, number) => number.to_u128().map(|number| number.to_string()),
            Value::Char(..) | Value::Dict(..) | Value::Array(..) => None,
        };
        let listed = dictionary(&self.config).into_iter().map(|(key, value)| Setting {
            value: shown(&key, &value),
            origin: self.origin(&key),
            key,
        });
        listed.collect()
    }
}

/// What was given, the last value of each key with where it comes from.
#[derive(Default)]
struct Given {
    values: Dict,
    origins: BTreeMap<String, Origin>,
    violations: Vec<Violation>,
}

impl Given {
    /// Takes a value; `name` is how its place spells the key.
    fn set(&mut self, key: String, value: Value, origin: Origin, name: &str) {
        let known = keys();
        if known.contains(&key) {
            self.values.insert(key.clone(), value);
            self.origins.insert(key, origin);
            return;
        }
        let spelt = |key: &str| match origin {
            Origin::Variable(_) => format!("{ENVIRONMENT_PREFIX}{}", key.to_uppercase()),
            Origin::Default | Origin::File(_) | Origin::Flag(_) => key.to_owned(),
        };
        let text = match near(&key, &known) {
            Some(near) => format!("{name} is no setting: did you mean {}?", spelt(near)),
            None => {
                let all: Vec<String> = known.iter().map(|key| spelt(key)).collect();
                format!("{name} is no setting: take it out (settings: {})", all.join(", "))
            }
        };
        self.violations.push(Violation { key, origin, text });
    }

    fn finish(mut self) -> Result<Settings, ConfigError> {
        // Each alone over the defaults: one wrong value must not hide another.
        let mut good = Figment::from(Serialized::defaults(Config::default()));
        for (key, value) in &self.values {
            let alone = Figment::from(Serialized::defaults(Config::default())).merge((key.as_str(), value.clone()));
            match alone.extract::<Config>() {
                Ok(_) => good = good.merge((key.as_str(), value.clone())),
                Err(error) => self.violations.push(Violation {
                    key: key.clone(),
                    origin: self.origins.get(key).cloned().unwrap_or(Origin::Default),
                    text: if key == "database" {
                        "is no text: give sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE".to_owned()
                    } else {
                        format!("{}: correct the value", error.kind)
                    },
                }),
            }
        }
        let config = good.extract::<Config>().map_err(|error| {
            let key = error.path.join(".");
            let text = error.kind.to_string();
            ConfigError::Violations(vec![Violation {
                origin: self.origins.get(&key).cloned().unwrap_or(Origin::Default),
                key,
                text,
            }])
        })?;
        let mut settings = Settings {
            config,
            origins: self.origins,
        };
        self.violations.extend(super::check::violations(&settings));
        if let Some(file) = &settings.config.database_password_file {
            match super::secret::with_password(&settings.config.database, file) {
                Ok(url) => settings.config.database = url,
                Err(text) => self.violations.push(Violation {
                    key: super::secret::KEY.to_owned(),
                    origin: settings.origin(super::secret::KEY),
                    text,
                }),
            }
        }
        if self.violations.is_empty() {
            Ok(settings)
        } else {
            Err(ConfigError::Violations(self.violations))
        }
    }
}

fn from_file(path: &Path) -> Result<Dict, ConfigError> {
    if !path.is_file() {
        return Err(ConfigError::FileAbsent(path.to_owned()));
    }
    let malformed = |error: figment::Error| ConfigError::FileMalformed(path.to_owned(), error.to_string());
    let mut read = Toml::file_exact(path).data().map_err(malformed)?;
    Ok(read.remove(&Profile::Default).unwrap_or_default())
}

/// The names of all settings, from the type itself.
pub(super) fn keys() -> Vec<String> {
    dictionary(&Config::default()).into_keys().collect()
}

fn dictionary(settings: &impl serde::Serialize) -> Dict {
    let value = Value::serialize(settings).expect("settings are plain data");
    value.into_dict().expect("a struct is a dictionary")
}

/// The value of a variable: text, but for the settings that are none.
fn typed(key: &str, value: &str) -> Value {
    if SETTINGS_NOT_TEXT.contains(&key) {
        value.parse().unwrap_or_else(|_| Value::from(value))
    } else {
        Value::from(value)
    }
}

/// The key that was most likely meant.
fn near<'a>(key: &str, known: &'a [String]) -> Option<&'a str> {
    let distances = known.iter().map(|other| (strsim::osa_distance(key, other), other));
    let (distance, nearest) = distances.min()?;
    (distance <= NEAR_MAX.min(key.len() / 3 + 1)).then_some(nearest.as_str())
}

/// A database URL as it may be shown.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    // A password may stand among the parameters too.
    let (rest, parameters) = match rest.split_once('?') {
        Some((rest, _)) => (rest, "?***"),
        None => (rest, ""),
    };
    match rest.rsplit_once('@') {
        Some((login, host)) => {
            let user = login
                .split_once(':')
                .map_or(login.to_owned(), |(user, _)| format!("{user}:***"));
            format!("{scheme}://{user}@{host}{parameters}")
        }
        None => format!("{scheme}://{rest}{parameters}"),
    }
}
