//! The server's settings: file < environment < flags, each mistake named with where it came from.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::{Deserialize, Serialize};

/// Every environment variable of ours starts with this.
const ENVIRONMENT_PREFIX: &str = "DOUDI_";
/// Variables of the tests, and the one that names the file itself, are not settings.
const ENVIRONMENT_OTHER: [&str; 2] = ["TEST_", "CONFIG"];

/// Settings that are numbers or truth values; all others are text, also where it looks like a number.
const SETTINGS_NOT_TEXT: [&str; 2] = ["identity_to_loopback", "retention_years"];

/// All settings of `doudi serve`. Each is a key of the file, a flag, and a variable `DOUDI_<KEY>`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port of the gRPC service.
    pub listen: SocketAddr,
    /// Address and port of the public read side over HTTP. Without one it is off.
    pub read_listen: Option<SocketAddr>,
    /// Where everything is stored: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub database: String,
    /// Folder of the policy documents, the calendar, the vocabulary and the area register.
    pub policy: PathBuf,
    /// File of the keys. Without one, SQLite gets a file beside the database; PostgreSQL refuses to start.
    pub keys: Option<PathBuf>,
    /// Folder of the high-water marks, which notice a restored or lagging database. Without one it lies beside the
    /// SQLite file or beside the key file; keep it on another disk than the database and out of its backups.
    pub high_water: Option<PathBuf>,
    /// Policy file (C2SP tlog-policy) with the witnesses to which every checkpoint is submitted.
    pub witness_policy: Option<PathBuf>,
    /// Whether a log waits for its witnesses: nothing is appended while a head is uncosigned for more than a minute.
    #[serde(deserialize_with = "figment::util::bool_from_str_or_int")]
    pub witness_required: bool,
    /// Domain under which the logs are known: the origin of a log is `<domain>/<area>/<epoch>`.
    pub domain: String,
    /// Callers on this machine may open identities (OpenDocuments with include_identity).
    pub identity_to_loopback: bool,
    /// Years that a case is kept after its last record and its last month of assistance. Without it nothing is erased.
    pub retention_years: Option<u16>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written, in the syntax of `RUST_LOG`.
    pub log_filter: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line of text an event.
    Text,
    /// One JSON object an event.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 50051)),
            read_listen: None,
            database: "sqlite:doudi.sqlite".into(),
            policy: "policy".into(),
            keys: None,
            high_water: None,
            witness_policy: None,
            witness_required: false,
            domain: "doudi.local".into(),
            identity_to_loopback: false,
            retention_years: None,
            log_format: LogFormat::Text,
            log_filter: crate::telemetry::FILTER_DEFAULT.into(),
        }
    }
}

/// The flags that were given. Absent ones leave the setting to the environment and the file.
#[derive(Clone, Debug, Default, Serialize, clap::Args)]
pub struct Flags {
    /// Address and port of the gRPC service [default: 127.0.0.1:50051]
    #[arg(long, value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// Address and port of the public read side over HTTP (checkpoints, tiles, entries) [default: off]
    #[arg(long, value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_listen: Option<SocketAddr>,
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE` [default: sqlite:doudi.sqlite]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Folder of the policy documents, calendar, vocabulary and area register [default: policy]
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PathBuf>,
    /// File of the keys; SQLite makes one beside the database, PostgreSQL requires one
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<PathBuf>,
    /// Folder of the high-water marks [default: beside the SQLite file or the key file]
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_water: Option<PathBuf>,
    /// Policy file (C2SP tlog-policy) with the witnesses of the logs and their URLs
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_policy: Option<PathBuf>,
    /// Append nothing while the witnesses have not cosigned for more than a minute [default: false]
    #[arg(long, value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_required: Option<bool>,
    /// Domain under which the logs are known [default: doudi.local]
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Callers on this machine may open identities of recorded cases [default: false]
    #[arg(long, value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_to_loopback: Option<bool>,
    /// Years that a case is kept; without it nothing is ever erased
    #[arg(long, value_name = "YEARS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_years: Option<u16>,
    /// How log lines look [default: text]
    #[arg(long, value_name = "FORMAT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<LogFormat>,
    /// Which log lines are written, in the syntax of `RUST_LOG`
    #[arg(long, value_name = "FILTER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_filter: Option<String>,
}

/// A setting that cannot be used; says where it came from.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there.
    #[error("configuration file {0} does not exist: correct --config or DOUDI_CONFIG")]
    FileAbsent(PathBuf),
    /// A `DOUDI_` variable that is no setting: most likely a typing error, which would be ignored in silence.
    #[error("environment variable {0} is no setting: unset it or correct its name (settings: {1})")]
    VariableUnknown(String, String),
    /// A value of the wrong form, or an unknown key.
    #[error("{0}")]
    Value(String),
}

impl Config {
    /// Reads the settings: defaults, then the file, then the environment, then the flags; the later wins.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &Flags,
    ) -> Result<Config, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        if let Some(path) = file {
            if !path.is_file() {
                return Err(ConfigError::FileAbsent(path.into()));
            }
            figment = figment.merge(Toml::file_exact(path));
        }
        figment = figment
            .merge(Environment::read(environment)?)
            .merge(Serialized::defaults(flags));
        figment.extract().map_err(|errors| {
            ConfigError::Value(
                errors
                    .into_iter()
                    .map(|error| error.to_string())
                    .collect::<Vec<_>>()
                    .join("; "),
            )
        })
    }
}

/// The `DOUDI_` variables, by the name of their setting.
struct Environment(BTreeMap<String, String>);

impl Environment {
    fn read(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let known = Self::settings();
        let mut found = BTreeMap::new();
        for (name, value) in variables {
            let Some(key) = name.strip_prefix(ENVIRONMENT_PREFIX) else {
                continue;
            };
            if ENVIRONMENT_OTHER.iter().any(|other| key.starts_with(other)) {
                continue;
            }
            let setting = key.to_lowercase();
            if !known.contains(&setting) {
                let known = known
                    .iter()
                    .map(|key| format!("{ENVIRONMENT_PREFIX}{}", key.to_uppercase()));
                return Err(ConfigError::VariableUnknown(name, known.collect::<Vec<_>>().join(", ")));
            }
            found.insert(setting, value);
        }
        Ok(Environment(found))
    }

    /// The names of all settings, from the type itself.
    fn settings() -> Vec<String> {
        let value = Value::serialize(Config::default()).expect("the defaults are plain data");
        value
            .as_dict()
            .expect("a struct is a dictionary")
            .keys()
            .cloned()
            .collect()
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("the environment").interpolater(|_, keys| {
            let keys: Vec<String> = keys.iter().map(|key| key.to_uppercase()).collect();
            format!("{ENVIRONMENT_PREFIX}{}", keys.join("_"))
        })
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = self
            .0
            .iter()
            .map(|(key, value)| (key.clone(), typed(key, value)))
            .collect();
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

/// The value of a variable: text, but for the settings that are none.
fn typed(key: &str, value: &str) -> Value {
    if SETTINGS_NOT_TEXT.contains(&key) {
        value.parse().unwrap_or_else(|_| Value::from(value))
    } else {
        Value::from(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn without_anything_the_defaults_hold() {
        assert_eq!(Config::load(None, [], &Flags::default()).unwrap(), Config::default());
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
        let file = file("listen = '127.0.0.1:1'\ndomain = 'file.example'\npolicy = 'file'\n");
        let environment = variables(&[("DOUDI_DOMAIN", "environment.example"), ("DOUDI_POLICY", "environment")]);
        let flags = Flags {
            policy: Some("flag".into()),
            ..Flags::default()
        };
        let config = Config::load(Some(file.path()), environment, &flags).unwrap();
        assert_eq!(config.listen, SocketAddr::from(([127, 0, 0, 1], 1)));
        assert_eq!(config.domain, "environment.example");
        assert_eq!(config.policy, PathBuf::from("flag"));
    }

    #[test]
    fn a_setting_without_a_default_can_be_a_variable() {
        let config = Config::load(None, variables(&[("DOUDI_KEYS", "k")]), &Flags::default()).unwrap();
        assert_eq!(config.keys, Some("k".into()));
    }

    #[test]
    fn a_setting_that_is_yes_or_no_can_be_a_variable_a_key_or_a_flag() {
        let required = |file: Option<&Path>, environment: &[(&str, &str)], flag: Option<bool>| {
            let flags = Flags {
                witness_required: flag,
                ..Flags::default()
            };
            Config::load(file, variables(environment), &flags)
                .unwrap()
                .witness_required
        };
        let file = file("witness_required = true\n");
        assert!(!required(None, &[], None));
        assert!(required(None, &[("DOUDI_WITNESS_REQUIRED", "true")], None));
        assert!(required(Some(file.path()), &[], None));
        assert!(!required(Some(file.path()), &[], Some(false)));
    }

    #[test]
    fn a_number_and_a_truth_value_can_be_variables_and_a_wrong_one_is_refused() {
        let given = [
            ("DOUDI_RETENTION_YEARS", "10"),
            ("DOUDI_IDENTITY_TO_LOOPBACK", "true"),
            ("DOUDI_DOMAIN", "7"),
        ];
        let config = Config::load(None, variables(&given), &Flags::default()).unwrap();
        assert_eq!(
            (
                config.retention_years,
                config.identity_to_loopback,
                config.domain.as_str()
            ),
            (Some(10), true, "7")
        );
        for (name, value) in [("DOUDI_RETENTION_YEARS", "-1"), ("DOUDI_IDENTITY_TO_LOOPBACK", "maybe")] {
            let error = Config::load(None, variables(&[(name, value)]), &Flags::default()).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn a_misspelt_variable_is_refused_not_ignored() {
        let error = Config::load(None, variables(&[("DOUDI_LISTN", "x")]), &Flags::default()).unwrap_err();
        assert!(error.to_string().contains("DOUDI_LISTN is no setting"), "{error}");
        assert!(error.to_string().contains("DOUDI_LISTEN"), "{error}");
    }

    #[test]
    fn variables_of_the_tests_are_left_alone() {
        assert!(Config::load(None, variables(&[("DOUDI_TEST_POSTGRES", "x")]), &Flags::default()).is_ok());
    }

    #[test]
    fn a_wrong_value_names_its_source() {
        let error = Config::load(None, variables(&[("DOUDI_LISTEN", "here")]), &Flags::default()).unwrap_err();
        assert!(error.to_string().contains("DOUDI_LISTEN"), "{error}");
        let file = file("listen = 'here'\n");
        let error = Config::load(Some(file.path()), [], &Flags::default()).unwrap_err();
        assert!(error.to_string().contains(file.path().to_str().unwrap()), "{error}");
    }

    #[test]
    fn an_unknown_key_in_the_file_is_refused() {
        let file = file("listn = '127.0.0.1:1'\n");
        let error = Config::load(Some(file.path()), [], &Flags::default()).unwrap_err();
        assert!(error.to_string().contains("listn"), "{error}");
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let error = Config::load(Some(Path::new("/nowhere/doudi.toml")), [], &Flags::default()).unwrap_err();
        assert!(matches!(error, ConfigError::FileAbsent(_)));
    }
}
