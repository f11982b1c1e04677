//! Puts the use cases together from the settings: keys, store, register of areas, held texts. What `serve`, `replay`
//! and `demo` begin with, so that all of them refuse the same mistakes before anything is served.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Failure;
use crate::app::entropy::OsEntropy;
use crate::app::vault::Vault;
use crate::app::{App, AreaRegister, Duties, key_file};
use crate::config::{Config, Flags};
use crate::log::keys::KeyRing;
use crate::log::sequencer::SystemClock;
use crate::rules::language::PolicyError;
use crate::store::{self, Store, StoreError};

/// The settings of a command that works on the database.
#[derive(Debug, clap::Args)]
pub struct Settings {
    /// Configuration file (TOML), also `DOUDI_CONFIG`; flags win over variables, variables over the file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

impl Settings {
    /// File < environment < flags.
    pub fn load(&self) -> Result<Config, Failure> {
        let named = std::env::var_os("DOUDI_CONFIG").map(PathBuf::from);
        let file = self.config.clone().or(named);
        Config::load(file.as_deref(), std::env::vars(), &self.flags).map_err(|error| Failure::usage(error.to_string()))
    }
}

/// The runtime that a command blocks on.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure::failed(format!("the runtime does not start: {error}")))
}

/// The use cases over the database, the keys and the policy folder of the settings.
pub async fn app(config: &Config) -> Result<Arc<App>, Failure> {
    let areas = areas(&config.policy)?;
    let texts = held_texts(&config.policy)?;
    let store = store::open(&config.database)
        .await
        .map_err(|error| store_failure(&error))?;
    let keys = keys(config, store.as_ref()).await?;
    let clock = Arc::new(SystemClock::new());
    let app = App::new(store, Vault::new(keys), clock, &config.domain, areas, texts);
    Ok(Arc::new(app.with_duties(Duties {
        identity_to_loopback: config.identity_to_loopback,
        retention_years: config.retention_years,
    })))
}

/// What an operator does about a store that cannot be used. The driver's words go to the operator's terminal alone.
pub fn store_failure(error: &StoreError) -> Failure {
    match error {
        StoreError::Refused(text) => Failure::usage(text.clone()),
        StoreError::Conflict | StoreError::Unavailable(_) | StoreError::Unknown(_) | StoreError::Corrupt(_) => {
            let cause = std::error::Error::source(error)
                .map(|cause| format!(" ({cause})"))
                .unwrap_or_default();
            Failure::failed(format!("{error}{cause}"))
        }
    }
}

/// The key file of the settings. Without one, an empty SQLite database gets new keys beside it; a database with a log
/// is never opened with new keys, because they could neither open its documents nor carry on its log.
async fn keys(config: &Config, store: &dyn Store) -> Result<KeyRing, Failure> {
    let beside = config.database.strip_prefix("sqlite:").map(key_file_beside);
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
            "the database has a log but its keys {path} are gone: restore the file"
        )));
    }
    key_file::create(&path, &mut OsEntropy).map_err(|error| Failure::failed(error.to_string()))
}

fn key_file_beside(database: &str) -> PathBuf {
    let path = database.trim_start_matches("//");
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    PathBuf::from(format!("{path}.keys"))
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
    fn the_keys_of_a_sqlite_file_lie_beside_it() {
        assert_eq!(key_file_beside("doudi.sqlite"), Path::new("doudi.sqlite.keys"));
        assert_eq!(
            key_file_beside("///srv/doudi.sqlite?mode=rwc"),
            Path::new("/srv/doudi.sqlite.keys")
        );
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
