//! OpenMetrics text as Prometheus text 0.0.4: the older form has no units, no exemplars, no info type, and names a
//! counter by its sample.

use std::collections::BTreeMap;

/// Writes a page of our own encoder in the older form.
pub(super) fn classic(page: &str) -> String {
    let types: BTreeMap<&str, &str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .collect();
    let mut classic = String::with_capacity(page.len());
    for line in page.lines() {
        if let Some((name, help)) = described(line, "# HELP ") {
            let (name, _) = older(name, &types);
            classic.push_str(&format!("# HELP {name} {help}\n"));
        } else if let Some((name, _)) = described(line, "# TYPE ") {
            let (name, kind) = older(name, &types);
            classic.push_str(&format!("# TYPE {name} {kind}\n"));
        } else if !line.starts_with('#') {
            // Label values of ours hold no ` # `; what follows it is an exemplar.
            classic.push_str(line.split(" # ").next().unwrap_or(line));
            classic.push('\n');
        }
    }
    classic
}

fn described<'a>(line: &'a str, what: &str) -> Option<(&'a str, &'a str)> {
    line.strip_prefix(what)?.split_once(' ')
}

/// The name and type of a family in the older form.
fn older<'a>(name: &str, types: &BTreeMap<&str, &'a str>) -> (String, &'a str) {
    match types.get(name).copied().unwrap_or("untyped") {
        "counter" => (format!("{name}_total"), "counter"),
        "info" => (format!("{name}_info"), "gauge"),
        "unknown" => (name.to_owned(), "untyped"),
        other => (name.to_owned(), other),
    }
}
