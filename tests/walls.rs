//! Reads the sources and holds the walls of the design: who may name whom, purity, file sizes, file headings.
//!
//! Each wall is one row of [`WALLS`]. A row names words that the files under a folder may not contain; comments
//! and unit tests do not count.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources must stop")]

use std::fs;
use std::path::{Path, PathBuf};

/// The longest source file we accept. Past it a file has more than one purpose.
const FILE_LINES_MAX: usize = 500;

/// Where the pure layers begin; each denies what clippy.toml lists.
const PURE_LAYERS: [&str; 2] = ["src/rules/mod.rs", "src/log/mod.rs"];

/// Files whose path starts with `under`, except those that start with one of `except`, may not name `words`.
struct Wall {
    under: &'static str,
    except: &'static [&'static str],
    words: &'static [&'static str],
    because: &'static str,
}

const IMPURE: &[&str] = &[
    "async",
    "await",
    "tokio",
    "futures",
    "HashMap",
    "HashSet",
    "SystemTime",
    "Instant",
    "std::time",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "getrandom",
    "rand",
    "tracing",
    "uuid",
];

const WALLS: &[Wall] = &[
    Wall {
        under: "src/rules/",
        except: &[],
        words: IMPURE,
        because: "rules are pure: same inputs, same bytes, for ever",
    },
    Wall {
        under: "src/rules/",
        except: &[],
        words: &[
            "crate::log",
            "crate::store",
            "crate::app",
            "crate::api",
            "crate::cli",
            "crate::config",
            "crate::pb",
        ],
        because: "rules know nothing of their callers",
    },
    Wall {
        under: "src/",
        except: &["src/statistics/", "src/telemetry/"],
        words: &["f32", "f64"],
        because: "money and law are exact; estimates have one place, and so have seconds that are measured",
    },
    Wall {
        under: "src/",
        except: &["src/telemetry"],
        words: &[
            "opentelemetry",
            "opentelemetry_sdk",
            "opentelemetry_otlp",
            "prometheus_client",
            "tracing_opentelemetry",
        ],
        because: "rooms tell what happened; only telemetry names who is told and how",
    },
    Wall {
        under: "src/telemetry",
        except: &[],
        words: &[
            "crate::app",
            "crate::api",
            "crate::cli",
            "crate::log",
            "crate::store",
            "crate::rules",
        ],
        because: "telemetry is a leaf: it is told, and asks nothing",
    },
    Wall {
        under: "src/",
        except: &["src/store/"],
        words: &["sqlx", "deadpool"],
        because: "only store names the database driver",
    },
    Wall {
        under: "src/",
        except: &["src/api/", "src/cli/", "src/server", "src/pb"],
        words: &["tonic", "prost", "crate::pb"],
        because: "only the edge names gRPC and generated types",
    },
    Wall {
        under: "src/app/",
        except: &[],
        words: &["crate::api", "crate::cli", "crate::server"],
        because: "arrows go one way: api -> app",
    },
    Wall {
        under: "src/log/",
        except: &[],
        words: &["crate::app", "crate::api", "crate::cli", "crate::server"],
        because: "arrows go one way: app -> log",
    },
    Wall {
        under: "src/store/",
        except: &[],
        words: &[
            "crate::app",
            "crate::api",
            "crate::cli",
            "crate::server",
            "crate::rules",
        ],
        because: "arrows go one way: log -> store",
    },
    Wall {
        under: "src/api/",
        except: &[],
        words: &["crate::store", "crate::cli"],
        because: "the edge reaches the store through app alone",
    },
];

struct Source {
    path: String,
    text: String,
}

/// Every `.rs` file under those of the folders that exist, with its path from the top of the checkout.
fn sources(folders: &[&str]) -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting: Vec<PathBuf> = folders
        .iter()
        .map(|folder| top.join(folder))
        .filter(|path| path.exists())
        .collect();
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(top).unwrap().to_str().unwrap().to_string();
            found.push(Source { path, text });
        }
    }
    assert!(found.len() > 5, "the sources were not found");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The lines that count, numbered from 1: without comments, up to the tests at the end of the file.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end]
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .enumerate()
        .map(|(at, line)| (at + 1, line))
}

/// Whether the line names the word as a whole, not as a part of a longer name.
fn names(line: &str, word: &str) -> bool {
    let part_of_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !part_of_name(before) && !part_of_name(after)
    })
}

fn breaches(wall: &Wall, source: &Source) -> Vec<String> {
    let unit_test = source.path.contains("/tests/") || source.path.ends_with("/tests.rs");
    if unit_test || !source.path.starts_with(wall.under) || wall.except.iter().any(|free| source.path.starts_with(free))
    {
        return Vec::new();
    }
    code(&source.text)
        .flat_map(|(number, line)| {
            wall.words
                .iter()
                .filter(move |word| names(line, word))
                .map(move |word| (number, word))
        })
        .map(|(number, word)| format!("{}:{number}: names `{word}`: {}", source.path, wall.because))
        .collect()
}

#[test]
fn every_wall_stands() {
    let sources = sources(&["src"]);
    let broken: Vec<String> = WALLS
        .iter()
        .flat_map(|wall| sources.iter().flat_map(|source| breaches(wall, source)))
        .collect();
    assert!(broken.is_empty(), "{} breaches:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn a_breach_is_seen() {
    let wall = &WALLS[0];
    let source = |text: &str| Source {
        path: "src/rules/x.rs".into(),
        text: text.into(),
    };
    assert_eq!(breaches(wall, &source("use std::collections::HashMap;")).len(), 1);
    assert_eq!(
        breaches(wall, &source("let operand = brand;")).len(),
        0,
        "a part of a longer name"
    );
    assert_eq!(breaches(wall, &source("// no HashMap here")).len(), 0, "a comment");
    assert_eq!(
        breaches(wall, &source("#[cfg(test)]\nmod tests {\nuse rand::Rng;\n}")).len(),
        0,
        "a test"
    );
    assert_eq!(
        breaches(
            wall,
            &Source {
                path: "src/app/x.rs".into(),
                text: "async fn".into()
            }
        )
        .len(),
        0
    );
}

#[test]
fn every_file_says_its_purpose_first() {
    let silent: Vec<String> = sources(&["src", "tests", "benches", "build.rs"])
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path)
        .collect();
    assert!(
        silent.is_empty(),
        "these files do not start with `//! ` and their purpose: {silent:?}"
    );
}

#[test]
fn no_file_has_grown_past_one_purpose() {
    let mut sizes: Vec<(usize, String)> = sources(&["src", "tests"])
        .into_iter()
        .map(|source| (source.text.lines().count(), source.path))
        .collect();
    sizes.sort();
    let median = sizes[sizes.len() / 2].0;
    let long: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > FILE_LINES_MAX).collect();
    assert!(
        long.is_empty(),
        "split these files (lines, path): {long:?}; the median is {median}"
    );
}

#[test]
fn the_pure_layers_deny_the_disallowed_lists() {
    let silent: Vec<String> = sources(&["src"])
        .into_iter()
        .filter(|source| PURE_LAYERS.contains(&source.path.as_str()))
        .filter(|source| {
            !source
                .text
                .contains("#![deny(clippy::disallowed_types, clippy::disallowed_methods)]")
        })
        .map(|source| source.path)
        .collect();
    assert!(
        silent.is_empty(),
        "these do not deny what clippy.toml lists: {silent:?}"
    );
}
