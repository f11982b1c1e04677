//! What is read from where, and what is refused.

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
    let on = |file: Option<&Path>, environment: &[(&str, &str)], flag: Option<bool>| {
        let flags = Flags {
            reflection: flag,
            ..Flags::default()
        };
        Config::load(file, variables(environment), &flags).unwrap().reflection
    };
    let file = file("reflection = false\n");
    assert!(on(None, &[], None));
    assert!(!on(None, &[("DOUDI_REFLECTION", "false")], None));
    assert!(!on(Some(file.path()), &[], None));
    assert!(on(Some(file.path()), &[], Some(true)));
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

fn refused(file: Option<&Path>, environment: &[(&str, &str)], flags: &Flags) -> Vec<(String, String)> {
    match Settings::read(file, variables(environment), flags).unwrap_err() {
        ConfigError::Violations(violations) => violations
            .into_iter()
            .map(|violation| (violation.key, violation.text))
            .collect(),
        other => panic!("{other}"),
    }
}

fn keys_refused(file: Option<&Path>, environment: &[(&str, &str)], flags: &Flags) -> Vec<String> {
    refused(file, environment, flags)
        .into_iter()
        .map(|(key, _)| key)
        .collect()
}

#[test]
fn every_mistake_is_said_at_once_with_its_key_and_its_place() {
    let file = file("listen = 'here'\nretention_years = 'ten'\nlistn = 1\n");
    let environment = [("DOUDI_CALLS_PER_SECOND", "many"), ("DOUDI_DATABASE", "mysql:x")];
    let keys = keys_refused(Some(file.path()), &environment, &Flags::default());
    assert_eq!(
        keys,
        ["listn", "calls_per_second", "listen", "retention_years", "database"]
    );
    let error = Config::load(Some(file.path()), variables(&environment), &Flags::default()).unwrap_err();
    let text = error.to_string();
    for part in [
        "environment variable DOUDI_CALLS_PER_SECOND",
        file.path().to_str().unwrap(),
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_near_miss_is_suggested_and_a_far_one_gets_the_list() {
    let said = |text: &str| refused(Some(file(text).path()), &[], &Flags::default()).remove(0).1;
    assert_eq!(said("listn = 'x'"), "listn is no setting: did you mean listen?");
    assert_eq!(
        said("tls_certifcate = 'x'"),
        "tls_certifcate is no setting: did you mean tls_certificate?"
    );
    assert!(said("colour = 'red'").contains("settings: calls_at_once, "));
}

#[test]
fn an_address_of_other_machines_needs_tls_and_a_table_of_callers() {
    let whole = Flags {
        listen: Some(SocketAddr::from(([0, 0, 0, 0], 50051))),
        tls_certificate: Some("c".into()),
        tls_key: Some("k".into()),
        tls_client_ca: Some("a".into()),
        principals: Some("p".into()),
        ..Flags::default()
    };
    assert!(Config::load(None, [], &whole).is_ok());
    let bare = Flags {
        listen: whole.listen,
        ..Flags::default()
    };
    assert_eq!(keys_refused(None, &[], &bare), ["listen"]);
    let half = Flags {
        tls_key: None,
        principals: None,
        ..whole
    };
    assert_eq!(keys_refused(None, &[], &half), ["tls_key", "principals"]);
    for loopback in ["127.0.0.1:1", "[::1]:1"] {
        assert!(Config::load(None, variables(&[("DOUDI_LISTEN", loopback)]), &Flags::default()).is_ok());
    }
}

#[test]
fn settings_that_would_do_nothing_or_let_nobody_call_are_refused() {
    let refused = |text: &str| keys_refused(Some(file(text).path()), &[], &Flags::default());
    assert_eq!(refused("calls_per_second = 0"), ["calls_per_second"]);
    assert_eq!(refused("calls_at_once = 0"), ["calls_at_once"]);
    assert_eq!(refused("calls_per_second = 1\ncalls_burst = 0"), ["calls_burst"]);
    assert_eq!(
        refused("calls_burst = 1\ncalls_dry_run = true"),
        ["calls_burst", "calls_dry_run"]
    );
    assert_eq!(refused("witness_required = true"), ["witness_required"]);
    assert_eq!(refused("log_filter = 'doudi=loudly'"), ["log_filter"]);
    let tls = "tls_certificate = 'c'\ntls_key = 'k'\ntls_client_ca = 'a'\nprincipals = 'p'\n";
    assert_eq!(
        refused(&format!("{tls}identity_to_loopback = true")),
        ["identity_to_loopback"]
    );
}

#[test]
fn where_telemetry_goes_is_checked_before_anything_starts() {
    let keys = |pairs: &[(&str, &str)]| keys_refused(None, pairs, &Flags::default());
    assert_eq!(keys(&[("DOUDI_OTLP_ENDPOINT", "127.0.0.1:4317")]), ["otlp_endpoint"]);
    assert_eq!(
        keys(&[("DOUDI_TRACE_SAMPLED_PER_MILLION", "1000001")]),
        ["trace_sampled_per_million"]
    );
    assert_eq!(keys(&[("DOUDI_SERVICE_NAME", "")]), ["service_name"]);
    assert_eq!(
        keys(&[("DOUDI_OPERATIONS_LISTEN", "127.0.0.1:50051")]),
        ["operations_listen"],
        "the port of the calls"
    );
    let right = [
        ("DOUDI_OTLP_ENDPOINT", "https://collector:4317"),
        ("DOUDI_TRACE_SAMPLED_PER_MILLION", "1000000"),
        ("DOUDI_OPERATIONS_LISTEN", "0.0.0.0:9464"),
    ];
    assert!(Config::load(None, variables(&right), &Flags::default()).is_ok());
}

#[test]
fn each_setting_is_listed_with_its_origin_and_without_its_password() {
    let file = file("database = 'postgres://doudi:secret@db/doudi?password=secret'\npolicy = 'p'\n");
    let flags = Flags {
        retention_years: Some(10),
        ..Flags::default()
    };
    let read = Settings::read(Some(file.path()), variables(&[("DOUDI_POLICY", "q")]), &flags).unwrap();
    let of = |key: &str| {
        let listed = read.list();
        let setting = listed.into_iter().find(|setting| setting.key == key).expect(key);
        (setting.value, setting.origin)
    };
    let path = file.path().to_owned();
    let database = "postgres://doudi:***@db/doudi?***".to_owned();
    assert_eq!(of("database"), (Some(database), Origin::File(path)));
    assert_eq!(
        of("policy"),
        (Some("q".to_owned()), Origin::Variable("DOUDI_POLICY".to_owned()))
    );
    assert_eq!(
        of("retention_years"),
        (Some("10".to_owned()), Origin::Flag("--retention-years".to_owned()))
    );
    assert_eq!(of("reflection"), (Some("true".to_owned()), Origin::Default));
    assert_eq!(of("keys"), (None, Origin::Default));
    assert_eq!(of("listen").0, Some("127.0.0.1:50051".to_owned()));
    assert_eq!(read.list().len(), read::keys().len());
}

#[test]
fn the_example_file_is_read_and_names_every_setting() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/doudi.toml");
    Config::load(Some(&path), [], &Flags::default()).expect("the example is right");
    let text = std::fs::read_to_string(&path).unwrap();
    for key in read::keys() {
        let named = text
            .lines()
            .any(|line| line.trim_start_matches("# ").starts_with(&format!("{key} = ")));
        assert!(named, "{key} does not stand in deploy/doudi.toml");
    }
}

#[test]
fn every_setting_is_a_flag_a_variable_and_a_key() {
    let command = <crate::cli::Cli as clap::CommandFactory>::command();
    let serve = command.find_subcommand("serve").expect("serve exists");
    for key in read::keys() {
        assert!(
            serve.get_arguments().any(|flag| flag.get_id() == key.as_str()),
            "{key} is no flag"
        );
    }
}
