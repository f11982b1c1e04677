//! The page of the metrics: what it shows, in both forms, and the table for operators that is made from it;
//! `DOUDI_WRITE_TABLE=1` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use super::*;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Metrics of which every one has a value.
fn told() -> Metrics {
    let metrics = Metrics::default();
    metrics.started();
    metrics.call_began();
    let method = "doudi.v1.AuditService/GetEntry";
    metrics.call_ended(method, "OK", Duration::from_millis(30), Some(TRACE));
    metrics.call_denied("role");
    metrics.call_limited(false);
    metrics.determined("determine", "DIBAO");
    metrics.decided(Duration::from_micros(3));
    metrics.queued(3, 2);
    metrics.waited(Duration::from_millis(2));
    metrics.committed(3, Duration::from_millis(4), "committed");
    let area = || "340321".to_owned();
    metrics.logs(&[LogState {
        area: area(),
        size: 7,
        age: Duration::from_secs(5),
    }]);
    metrics.witness_lags([(area(), 1)]);
    metrics.gates([(area(), false)]);
    let clocks = ClockState {
        area: area(),
        clock: "review",
        due: 4,
        overdue: 1,
    };
    metrics.clocks(&[clocks], Duration::from_secs(1_700_000_000));
    metrics.pools(&[PoolState {
        pool: "writer",
        used: 1,
        idle: 2,
        max: 16,
    }]);
    metrics.readiness(true, false);
    metrics
}

fn page(format: Format) -> String {
    Page::new(&told()).write(format).expect("memory")
}

#[test]
fn every_metric_says_what_it_is_and_in_openmetrics_its_unit() {
    let page = page(Format::OpenMetrics);
    assert!(page.ends_with("# EOF\n"));
    for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, _) = line.split_once(' ').expect("a type");
        assert!(page.contains(&format!("# HELP {name} ")), "{name}");
        let measured = ["_seconds", "_items", "_entries"]
            .into_iter()
            .find(|unit| name.ends_with(unit));
        let unit = measured.map(|unit| format!("# UNIT {name} {}\n", &unit[1..]));
        assert!(unit.is_none_or(|unit| page.contains(&unit)), "{name}");
    }
}

#[test]
fn a_call_of_a_trace_that_is_kept_is_an_example_in_openmetrics_alone() {
    let exemplar = format!("# {{trace_id=\"{TRACE}\"}} 0.03");
    assert!(page(Format::OpenMetrics).contains(&exemplar));
    assert!(!page(Format::Text).contains(TRACE));
}

#[test]
fn the_older_form_names_counters_by_their_samples() {
    let page = page(Format::Text);
    for expected in [
        "# TYPE doudi_calls_denied_total counter\n",
        "doudi_calls_denied_total{reason=\"role\"} 1\n",
        "# TYPE doudi_build_info gauge\n",
        "# TYPE rpc_server_call_duration_seconds histogram\n",
        "doudi_log_entries{area=\"340321\"} 7\n",
    ] {
        assert!(page.contains(expected), "{expected} is not in\n{page}");
    }
    assert!(!page.contains("# UNIT") && !page.contains("# EOF"));
}

#[test]
fn what_is_not_there_any_more_is_not_shown_any_more() {
    let metrics = told();
    metrics.clocks(&[], Duration::from_secs(1));
    metrics.gates([]);
    let page = Page::new(&metrics).write(Format::Text).expect("memory");
    assert!(
        !page.contains("doudi_cases_due{") && !page.contains("doudi_log_read_only{"),
        "{page}"
    );
}

#[test]
fn a_reader_gets_openmetrics_if_it_asks_for_it() {
    let asked = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    assert_eq!(Format::asked(asked), Format::OpenMetrics);
    assert_eq!(Format::asked("*/*"), Format::Text);
}

const HEAD: &str = "\
# Metrics / 指标

`GET /metrics` on the listener of `operations_listen`, for Prometheus: OpenMetrics 1.0 to a reader that asks for it, with
trace ids as exemplars of calls whose trace is kept, else Prometheus text 0.0.4. No label names a case, a caller or a
person; areas are counties. `doudi_cases_*`, `doudi_log_entries` and `doudi_log_checkpoint_age_seconds` are read from the
database about every 15 seconds by each replica and say the same on all of them: take their maximum, never their sum.
Made by `src/telemetry/metrics/tests.rs` from the metrics themselves.

由 `operations_listen` 监听地址上的 `GET /metrics` 提供。标签中没有任何案件、调用方或个人信息，区域只到县级。
案件时限与日志大小由每个副本约每 15 秒从数据库读取，各副本数值相同：取最大值，不要求和。本表由测试从指标本身生成。

| metric | type | unit | labels | what it says |
|---|---|---|---|---|
";

fn table() -> String {
    let page = page(Format::OpenMetrics);
    let mut table = HEAD.to_owned();
    let described = |what: &str, name: &str| {
        let start = format!("# {what} {name} ");
        page.lines()
            .find_map(|line| line.strip_prefix(&start))
            .unwrap_or_default()
    };
    for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a type");
        let shown = match kind {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.to_owned(),
        };
        let labels = page
            .lines()
            .filter(|line| line.starts_with(name) && !line.contains("_max{") || line.starts_with(&format!("{shown}{{")))
            .find_map(|line| Some(line.split_once('{')?.1.split_once('}')?.0))
            .unwrap_or_default();
        let labels: Vec<&str> = labels
            .split(',')
            .filter_map(|label| label.split('=').next())
            .filter(|label| !label.is_empty() && *label != "le")
            .collect();
        let (help, unit) = (described("HELP", name), described("UNIT", name));
        let help = help.trim_end_matches('.');
        writeln!(
            table,
            "| `{shown}` | {kind} | {unit} | {} | {help} |",
            labels.join(", ")
        )
        .expect("a string");
    }
    table
}

#[test]
fn the_table_for_operators_is_what_is_measured() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/operate/METRICS.md");
    if std::env::var_os("DOUDI_WRITE_TABLE").is_some() {
        std::fs::write(&path, table()).expect("the folder is there");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == table(),
        "{} is not what is measured: run with DOUDI_WRITE_TABLE=1",
        path.display()
    );
}
