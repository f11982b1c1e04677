//! Puts the use cases together from the settings: keys, store, register of areas, held texts. What `serve`, `replay`
//! and `demo` begin with, so that all of them refuse the same mistakes before anything is served.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Failure;
use crate::api::admission::rate::Rate;
use crate::app::entropy::OsEntropy;
use crate::app::high_water::HighWaterFolder;
use crate::app::vault::Vault;
use crate::app::witnesses::Witnesses;
use crate::app::{App, AreaRegister, Duties, Watch, key_file};
use crate::config::{self, Config, ConfigError, Flags};
use crate::identity::watch::{Files, Identity};
use crate::log::keys::KeyRing;
use crate::log::sequencer::{Guards, SystemClock};
use crate::log::witness::TrustPolicy;
use crate::rules::language::PolicyError;
use crate::server::Access;
use crate::store::{self, Store, StoreError};

/// The settings of a command that works on the database.
#[derive(Debug, clap::Args)]
pub struct Settings {
    /// Configuration file (TOML), also `DOUDI_CONFIG`; flags win over variables, variables over the file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Box<Flags>,
}

impl Settings {
    /// File < environment < flags.
    pub fn load(&self) -> Result<Config, Failure> {
        let read = self.read().map_err(|error| Failure::usage(error.to_string()))?;
        Ok(read.config)
    }

    /// The same with where each setting comes from.
    pub fn read(&self) -> Result<config::Settings, ConfigError> {
        let named = std::env::var_os("DOUDI_CONFIG").map(PathBuf::from);
        let file = self.config.clone().or(named);
        config::Settings::read(file.as_deref(), std::env::vars(), &self.flags)
    }
}

/// The runtime that a command blocks on.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure::failed(format!("the runtime does not start: {error}")))
}

/// The use cases over the database, the keys and the policy folder of the settings.
pub async fn app(config: &Config) -> Result<Arc<App>, Failure> {
    let (areas, texts) = (areas(&config.policy)?, held_texts(&config.policy)?);
    let store = store::open(&config.database)
        .await
        .map_err(|error| store_failure(&error))?;
    put_together(config, store, areas, texts).await
}

/// The same over a store that is open, for commands that only read.
pub async fn app_over(config: &Config, store: Arc<dyn Store>) -> Result<Arc<App>, Failure> {
    let (areas, texts) = (areas(&config.policy)?, held_texts(&config.policy)?);
    put_together(config, store, areas, texts).await
}

async fn put_together(
    config: &Config,
    store: Arc<dyn Store>,
    areas: AreaRegister,
    texts: Vec<String>,
) -> Result<Arc<App>, Failure> {
    let keys = keys(config, store.as_ref()).await?;
    let clock = Arc::new(SystemClock::new());
    let high_water =
        HighWaterFolder::open(&high_water_folder(config)).map_err(|error| Failure::usage(error.to_string()))?;
    let app = App::guarded(
        store,
        Vault::new(keys),
        clock,
        &config.domain,
        areas,
        texts,
        Watch {
            guards: Guards {
                high_water: Arc::new(high_water),
                witnesses_required: config.witness_required,
                ..Guards::default()
            },
            witnesses: witnesses(config)?,
        },
    );
    Ok(Arc::new(app.with_duties(Duties {
        identity_to_loopback: config.identity_to_loopback,
        retention_years: config.retention_years,
    })))
}

/// Who may call: by certificate where the settings say so, else callers on this machine alone.
pub fn access(config: &Config) -> Result<Access, Failure> {
    let files = match (
        &config.tls_certificate,
        &config.tls_key,
        &config.tls_client_ca,
        &config.principals,
    ) {
        (Some(certificate), Some(key), Some(client_ca), Some(principals)) => Some(Files {
            certificate: certificate.clone(),
            key: key.clone(),
            client_ca: client_ca.clone(),
            principals: principals.clone(),
        }),
        _ => None,
    };
    if files.is_none() && !config.listen.ip().is_loopback() {
        return Err(Failure::usage(format!(
            "{} can be reached from other machines and callers are not identified: give --tls-certificate, --tls-key, \
             --tls-client-ca and --principals, or listen on 127.0.0.1",
            config.listen
        )));
    }
    let identity = files.map(Identity::open).transpose();
    Ok(Access {
        identity: identity.map_err(|error| Failure::usage(error.to_string()))?,
        calls_at_once: config.calls_at_once,
        rate: config.calls_per_second.map(|calls_per_second| Rate {
            calls_per_second,
            burst: config.calls_burst.unwrap_or(calls_per_second),
            dry_run: config.calls_dry_run,
        }),
        reflection: config.reflection,
        ..Access::default()
    })
}

/// The policy file of the settings, with witnesses if they are required.
pub fn witness_policy(config: &Config) -> Result<Option<TrustPolicy>, Failure> {
    let Some(path) = &config.witness_policy else {
        return if config.witness_required {
            Err(Failure::usage(
                "witnesses are required and none are named: give --witness-policy",
            ))
        } else {
            Ok(None)
        };
    };
    let text = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let wrong = |error: String| Failure::usage(format!("{}: {error}", path.display()));
    let policy = TrustPolicy::parse(&text).map_err(|error| wrong(error.to_string()))?;
    if config.witness_required && !policy.asks_for_witnesses() {
        return Err(wrong(
            "witnesses are required and the quorum is none: name a quorum".to_owned(),
        ));
    }
    Ok(Some(policy))
}

/// The witnesses of the policy file.
fn witnesses(config: &Config) -> Result<Option<Witnesses>, Failure> {
    let policy = witness_policy(config)?;
    policy
        .map(Witnesses::new)
        .transpose()
        .map_err(|error| Failure::usage(format!("the witnesses of --witness-policy: {error}")))
}

/// Refuses a folder in which a server could not keep its marks.
pub fn prepare_high_water(config: &Config) -> Result<(), Failure> {
    HighWaterFolder::prepare(&high_water_folder(config)).map_err(|error| Failure::usage(error.to_string()))
}

/// The folder of the settings, or the one beside the SQLite file or the key file.
pub fn high_water_folder(config: &Config) -> PathBuf {
    let beside = |path: PathBuf| path.with_added_extension("high-water");
    let of_keys = || beside(config.keys.clone().unwrap_or_else(|| PathBuf::from("doudi")));
    let of_file = sqlite_path(&config.database).map(beside);
    config
        .high_water
        .clone()
        .unwrap_or_else(|| of_file.unwrap_or_else(of_keys))
}

/// What an operator does about a store that cannot be used. The driver's words go to the operator's terminal alone.
pub fn store_failure(error: &StoreError) -> Failure {
    match error {
        StoreError::Refused(text) => Failure::usage(text.clone()),
        StoreError::Conflict | StoreError::Unavailable(_) | StoreError::Unknown(_) | StoreError::Corrupt(_) => {
            let cause = store::cause(error)
                .map(|cause| format!(" ({cause})"))
                .unwrap_or_default();
            Failure::failed(format!("{error}{cause}"))
        }
    }
}

/// The key file of the settings. Without one, an empty SQLite database gets new keys beside it; a database with a log
/// is never opened with new keys, because they could neither open its documents nor carry on its log.
async fn keys(config: &Config, store: &dyn Store) -> Result<KeyRing, Failure> {
    let beside = sqlite_path(&config.database).map(|path| path.with_added_extension("keys"));
    let Some(path) = config.keys.clone().or(beside) else {
        return Err(Failure::usage(
            "no key file is named: make one with `doudi keys create FILE` and give it with --keys",
        ));
    };
    if config.keys.is_some() || path.exists() {
        return key_file::load(&path).map_err(|error| Failure::usage(error.to_string()));
    }
    let logs = store.logs(None, 1).await.map_err(|error| store_failure(&error))?;
    if !logs.is_empty() {
        let path = path.display();
        return Err(Failure::usage(format!(
            "the database has a log, and no keys are at {path}: name the key file with --keys; if it is lost, restore it"
        )));
    }
    key_file::create(&path, &mut OsEntropy).map_err(|error| Failure::failed(error.to_string()))
}

/// The file of a SQLite URL.
fn sqlite_path(database: &str) -> Option<PathBuf> {
    let path = database.strip_prefix("sqlite:")?.trim_start_matches("//");
    Some(PathBuf::from(path.split_once('?').map_or(path, |(path, _)| path)))
}

fn areas(policy: &Path) -> Result<AreaRegister, Failure> {
    let path = policy.join("areas.yaml");
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let path = path.display();
        Failure::usage(format!(
            "{path}: {error}: name a folder with a register of areas by --policy"
        ))
    })?;
    AreaRegister::read(&path.display().to_string(), &text)
        .map_err(|errors| Failure::usage(errors.iter().map(PolicyError::text).collect::<String>()))
}

/// The texts in `texts/`, in which the quotes of policy documents must stand. No folder: no quotes.
pub fn held_texts(policy: &Path) -> Result<Vec<String>, Failure> {
    let folder = policy.join("texts");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failure = |error: std::io::Error| Failure::file(&folder, &error);
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failure)? {
        paths.push(entry.map_err(failure)?.path());
    }
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(folder: &Path) -> Config {
        Config {
            database: format!("sqlite:{}", folder.join("doudi.sqlite").display()),
            policy: Path::new(env!("CARGO_MANIFEST_DIR")).join("policy"),
            ..Config::default()
        }
    }

    #[test]
    fn the_marks_lie_beside_the_file_or_the_keys_unless_a_folder_is_named() {
        let folder = |database: &str, keys: Option<&str>, high_water: Option<&str>| {
            high_water_folder(&Config {
                database: database.to_owned(),
                keys: keys.map(PathBuf::from),
                high_water: high_water.map(PathBuf::from),
                ..Config::default()
            })
        };
        let postgres = "postgres://doudi@db/doudi";
        assert_eq!(
            folder("sqlite:///srv/doudi.sqlite?mode=rwc", Some("/etc/doudi.keys"), None),
            Path::new("/srv/doudi.sqlite.high-water")
        );
        assert_eq!(
            folder(postgres, Some("/etc/doudi.keys"), None),
            Path::new("/etc/doudi.keys.high-water")
        );
        assert_eq!(folder(postgres, Some("k"), Some("/var/doudi")), Path::new("/var/doudi"));
    }

    #[tokio::test]
    async fn an_empty_sqlite_database_gets_keys_and_finds_them_again() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        store::migrate(&config.database).await.unwrap();
        assert!(app(&config).await.is_ok());
        let made = std::fs::read(folder.path().join("doudi.sqlite.keys")).unwrap();
        assert!(app(&config).await.is_ok());
        assert_eq!(std::fs::read(folder.path().join("doudi.sqlite.keys")).unwrap(), made);
    }

    #[tokio::test]
    async fn a_key_file_that_is_named_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            keys: Some(folder.path().join("none")),
            ..config(folder.path())
        };
        store::migrate(&config.database).await.unwrap();
        let failure = app(&config).await.err().unwrap();
        assert_eq!(failure.exit, crate::cli::Exit::Usage);
    }

    #[tokio::test]
    async fn a_folder_without_a_register_of_areas_is_refused_with_the_fix() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            policy: folder.path().into(),
            ..config(folder.path())
        };
        let failure = app(&config).await.err().unwrap();
        assert!(failure.text.contains("--policy"), "{}", failure.text);
    }
}
