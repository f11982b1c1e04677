//! Configuration: one struct; file < environment < flags, every mistake at once with its key and where it came from.

mod check;
mod read;
mod secret;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::telemetry::LogFormat;
pub use read::{ConfigError, Origin, Setting, Settings, Violation};

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
    /// File with the password of the database's user, so that it stands neither in the URL nor in the environment.
    pub database_password_file: Option<PathBuf>,
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
    /// The server's certificate chain (PEM). With `tls_key`, `tls_client_ca` and `principals` callers prove who they are.
    pub tls_certificate: Option<PathBuf>,
    /// Its private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// The authorities whose certificates callers may show (PEM).
    pub tls_client_ca: Option<PathBuf>,
    /// The table of callers: certificates, roles, areas (TOML).
    pub principals: Option<PathBuf>,
    /// Calls in flight at one time, of all callers together; one more is refused.
    pub calls_at_once: u32,
    /// Calls and items of streams a second of one caller; without it there is no such limit.
    pub calls_per_second: Option<u32>,
    /// Calls that a caller may make at once after a quiet time; without it those of one second.
    pub calls_burst: Option<u32>,
    /// Whether calls over the rate are only counted.
    #[serde(deserialize_with = "figment::util::bool_from_str_or_int")]
    pub calls_dry_run: bool,
    /// Whether the contracts can be read by reflection.
    #[serde(deserialize_with = "figment::util::bool_from_str_or_int")]
    pub reflection: bool,
    /// Domain under which the logs are known: the origin of a log is `<domain>/<area>/<epoch>`.
    pub domain: String,
    /// Callers on this machine may open identities (OpenDocuments with include_identity), on a server without TLS.
    pub identity_to_loopback: bool,
    /// Years that a case is kept after its last record and its last month of assistance. Without it nothing is erased.
    pub retention_years: Option<u16>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written, in the syntax of `RUST_LOG`.
    pub log_filter: String,
    /// Address and port of metrics and probes over plain HTTP. Without one it is off. It shows no personal data, so it
    /// may listen on another address than loopback, inside the operator's own network.
    pub operations_listen: Option<SocketAddr>,
    /// Collector of spans and log lines (OTLP over gRPC): `http://HOST:4317`, or `https://`. Without one nothing is sent.
    pub otlp_endpoint: Option<String>,
    /// Of a million traces that begin here, so many are kept. Where the caller has decided, that is followed.
    pub trace_sampled_per_million: u32,
    /// Name of the service in spans and lines that are sent.
    pub service_name: String,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 50051)),
            read_listen: None,
            database: "sqlite:doudi.sqlite".into(),
            database_password_file: None,
            policy: "policy".into(),
            keys: None,
            high_water: None,
            witness_policy: None,
            witness_required: false,
            tls_certificate: None,
            tls_key: None,
            tls_client_ca: None,
            principals: None,
            calls_at_once: crate::api::admission::CALL_COUNT_MAX,
            calls_per_second: None,
            calls_burst: None,
            calls_dry_run: false,
            reflection: true,
            domain: "doudi.local".into(),
            identity_to_loopback: false,
            retention_years: None,
            log_format: LogFormat::Text,
            log_filter: crate::telemetry::FILTER_DEFAULT.into(),
            operations_listen: None,
            otlp_endpoint: None,
            trace_sampled_per_million: 1_000_000,
            service_name: "doudi".into(),
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
    /// File with the password of the database's user; the URL then has none
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_password_file: Option<PathBuf>,
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
    /// The server's certificate chain (PEM); with --tls-key, --tls-client-ca and --principals callers prove who they are
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_certificate: Option<PathBuf>,
    /// The server's private key (PEM)
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    /// The authorities whose certificates callers may show (PEM)
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_ca: Option<PathBuf>,
    /// The table of callers: certificates, roles, areas (TOML)
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principals: Option<PathBuf>,
    /// Calls in flight at one time, of all callers together [default: 1024]
    #[arg(long, value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_at_once: Option<u32>,
    /// Calls and items of streams a second of one caller [default: no limit]
    #[arg(long, value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_second: Option<u32>,
    /// Calls of one caller at once after a quiet time [default: those of a second]
    #[arg(long, value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_burst: Option<u32>,
    /// Only count the calls over the rate [default: false]
    #[arg(long, value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_dry_run: Option<bool>,
    /// Let the contracts be read by reflection [default: true]
    #[arg(long, value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reflection: Option<bool>,
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
    /// Address and port of metrics and probes over plain HTTP [default: off]
    #[arg(long, value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations_listen: Option<SocketAddr>,
    /// Collector of spans and log lines, `http://HOST:4317` (OTLP over gRPC) [default: off]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp_endpoint: Option<String>,
    /// Traces kept of a million that begin here [default: 1000000]
    #[arg(long, value_name = "COUNT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_sampled_per_million: Option<u32>,
    /// Name of the service in what is sent to the collector [default: doudi]
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
}

impl Config {
    /// Reads the settings: defaults, then the file, then the environment, then the flags; the later wins.
    ///
    /// # Errors
    /// [`ConfigError`] with every violation.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &Flags,
    ) -> Result<Config, ConfigError> {
        Ok(Settings::read(file, environment, flags)?.config)
    }
}

#[cfg(test)]
mod tests;
