//! What settings may not be together.

use super::Config;
use super::read::{Settings, Violation};

/// Every violation of settings that are right one by one.
pub(super) fn violations(settings: &Settings) -> Vec<Violation> {
    let config = &settings.config;
    let mut found = Vec::new();
    let mut add = |key: &str, text: String| {
        found.push(Violation {
            key: key.to_owned(),
            origin: settings.origin(key),
            text,
        });
    };
    let schemes = ["sqlite:", "postgres://", "postgresql://"];
    if !schemes.iter().any(|scheme| config.database.starts_with(scheme)) {
        add(
            "database",
            "has no known scheme: give sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE".to_owned(),
        );
    }
    let identity = config.identity_settings();
    let given = identity.iter().filter(|(_, is_given)| *is_given).count();
    if given > 0 && given < identity.len() {
        for (key, _) in identity.iter().filter(|(_, is_given)| !is_given) {
            add(
                key,
                "is missing: TLS needs tls_certificate, tls_key, tls_client_ca and principals".to_owned(),
            );
        }
    }
    if given == 0 && !config.listen.ip().is_loopback() {
        add(
            "listen",
            format!(
                "{} can be reached from other machines and callers are not identified: give tls_certificate, tls_key, \
                 tls_client_ca and principals, or listen on 127.0.0.1",
                config.listen
            ),
        );
    }
    if given > 0 && config.identity_to_loopback {
        let text = "has no effect with TLS: give the caller the role audit-identity and take this out";
        add("identity_to_loopback", text.to_owned());
    }
    if config.calls_at_once == 0 {
        add(
            "calls_at_once",
            "is 0, which lets nobody call: give at least 1".to_owned(),
        );
    }
    if config.calls_per_second == Some(0) {
        add(
            "calls_per_second",
            "is 0, which lets nobody call: give at least 1, or leave it out".to_owned(),
        );
    }
    if config.calls_burst == Some(0) {
        add(
            "calls_burst",
            "is 0, which lets nobody call: give at least 1, or leave it out".to_owned(),
        );
    }
    if config.calls_per_second.is_none() {
        for (key, is_given) in [
            ("calls_burst", config.calls_burst.is_some()),
            ("calls_dry_run", config.calls_dry_run),
        ] {
            if is_given {
                add(key, "has no effect without calls_per_second: give that too".to_owned());
            }
        }
    }
    if config.witness_required && config.witness_policy.is_none() {
        add(
            "witness_required",
            "is set and no witness is named: give witness_policy".to_owned(),
        );
    }
    let scheme = |endpoint: &String| endpoint.starts_with("http://") || endpoint.starts_with("https://");
    if config.otlp_endpoint.as_ref().is_some_and(|endpoint| !scheme(endpoint)) {
        add(
            "otlp_endpoint",
            "has no known scheme: give http://HOST:4317 or https://HOST:4317".to_owned(),
        );
    }
    if config.trace_sampled_per_million > 1_000_000 {
        add(
            "trace_sampled_per_million",
            "is more than all: give 0 to 1000000".to_owned(),
        );
    }
    if config.service_name.is_empty() {
        add("service_name", "is empty: give a name, or leave it out".to_owned());
    }
    let listens = [config.read_listen, Some(config.listen)];
    if config
        .operations_listen
        .is_some_and(|address| address.port() != 0 && listens.contains(&Some(address)))
    {
        add(
            "operations_listen",
            "is the address of another listener: give a port of its own".to_owned(),
        );
    }
    if let Err(error) = crate::telemetry::filter(&config.log_filter) {
        add("log_filter", error.to_string());
    }
    found
}

impl Config {
    /// The settings that make an identity together, and whether each is given.
    fn identity_settings(&self) -> [(&'static str, bool); 4] {
        [
            ("tls_certificate", self.tls_certificate.is_some()),
            ("tls_key", self.tls_key.is_some()),
            ("tls_client_ca", self.tls_client_ca.is_some()),
            ("principals", self.principals.is_some()),
        ]
    }
}
