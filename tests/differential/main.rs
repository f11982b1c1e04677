//! The engine and the independent replayer decide alike, byte for byte: 10,000 random households under the shipped
//! policy, mutants of it and invented laws go through the engine, then through `deploy/audit/replay.py`.
//!
//! `DOUDI_TEST_SEED` sets the seed, `DOUDI_TEST_LONG` runs ten times as many, `DOUDI_TEST_STREAM` names a file that
//! keeps the stream.

mod chooser;
mod household;
mod invent;
mod laws;
mod mutate;
mod parts;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chooser::Chooser;
use doudi::canonical::Json;
use doudi::rules::decide::{DecisionFacts, decide};
use doudi::rules::document::Document;
use doudi::rules::language::library::{File, read_all};
use doudi::rules::law::{Law, LawError, Published};
use household::Population;

/// The area whose law is used: the shipped policy has all four levels for it.
const AREA: &str = "340321";
/// Laws of one run: the shipped one, then mutants and invented ones in turn.
const LAWS: usize = 50;
const HOUSEHOLDS_A_LAW: usize = 200;
/// How many times over with `DOUDI_TEST_LONG`.
const LONG: usize = 10;
/// Tries to find a mutant that is still a law.
const TRIES: usize = 200;
const SEED: u64 = 20_210_820;
/// What the households of a run must bring about, or the run shows little.
const OUTCOMES: [&str; 9] = [
    "DIBAO",
    "GRACE",
    "REFUSED",
    "STOP",
    "PROPOSED_STOP",
    "PROPOSED_DECREASE",
    "NEEDS_FACTS",
    "NEEDS_RULE",
    "ERROR",
];

/// The shipped documents: layers from nation to county, the calendar, the vocabulary.
struct Shipped {
    layers: Vec<Document>,
    calendar: Document,
    vocabulary: Document,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shipped() -> Shipped {
    let read = |path: PathBuf| File {
        name: path.display().to_string(),
        text: fs::read_to_string(&path).expect("a policy file"),
    };
    let paths = |dir: &Path, ending: &str| -> Vec<PathBuf> {
        let entries = fs::read_dir(dir)
            .expect("the policy folder")
            .map(|entry| entry.expect("an entry").path());
        entries
            .filter(|path| path.extension().is_some_and(|of| of == ending))
            .collect()
    };
    let folder = root().join("policy");
    let files: Vec<File> = paths(&folder, "yaml")
        .into_iter()
        .filter(|path| !path.ends_with("areas.yaml"))
        .map(read)
        .collect();
    let texts: Vec<String> = paths(&folder.join("texts"), "txt")
        .into_iter()
        .map(|path| read(path).text)
        .collect();
    let mut shipped = Shipped {
        layers: Vec::new(),
        calendar: Document::default(),
        vocabulary: Document::default(),
    };
    for read in read_all(&files, &texts) {
        let document = match read.result {
            Ok(checked) => checked.document.clone(),
            Err(errors) => panic!(
                "{}: {}",
                read.name,
                errors.iter().map(|error| error.text()).collect::<String>()
            ),
        };
        if document.vocabulary.is_some() {
            shipped.vocabulary = document;
        } else if document.policy == "calendar" {
            shipped.calendar = document;
        } else {
            shipped.layers.push(document);
        }
    }
    shipped
}

fn resolve(layers: &[Document], shipped: &Shipped) -> Result<Law, Vec<LawError>> {
    let place = |document: &Document| Published::new(document.clone(), "doudi.example/340321/1", 0);
    let layers: Vec<Published> = layers.iter().map(place).collect();
    let area = AREA.parse().expect("an area");
    Law::resolve(area, &layers, &place(&shipped.calendar), &place(&shipped.vocabulary))
}

/// A mutant of the shipped layers that is still a law.
fn mutant(shipped: &Shipped, c: &mut Chooser) -> (Vec<Document>, Law) {
    for _ in 0..TRIES {
        let mut layers: Vec<Json> = shipped.layers.iter().map(Document::to_json).collect();
        for _ in 0..c.between(1, 25) {
            let layer = c.at(layers.len());
            mutate::mutate(&mut layers[layer], c);
        }
        let documents: Result<Vec<Document>, _> = layers.iter().map(Document::from_json).collect();
        if let Ok(documents) = documents
            && let Ok(law) = resolve(&documents, shipped)
        {
            return (documents, law);
        }
    }
    panic!("no mutant of {TRIES} is a law");
}

fn invented(shipped: &Shipped, c: &mut Chooser) -> (Vec<Document>, Law) {
    let vocabulary = shipped
        .vocabulary
        .vocabulary
        .as_ref()
        .expect("the vocabulary document has one");
    let mut refused = Vec::new();
    for _ in 0..TRIES {
        let documents = laws::documents(vocabulary, c).to_vec();
        match resolve(&documents, shipped) {
            Ok(law) => return (documents, law),
            Err(errors) => refused = errors,
        }
    }
    panic!("no invented law of {TRIES} is a law: {refused:?}");
}

/// The stream of records, and how often each outcome came about.
struct Stream {
    text: String,
    outcomes: BTreeMap<String, usize>,
    records: usize,
}

impl Stream {
    fn law(&mut self, documents: &[Document], law: &Law, shipped: &Shipped) {
        let documents = documents
            .iter()
            .chain([&shipped.calendar, &shipped.vocabulary])
            .map(Document::to_json);
        let line = Json::object([
            ("documents", Json::List(documents.collect())),
            ("manifest", law.manifest().clone()),
        ]);
        writeln!(self.text, "{line}").expect("a string");
    }

    fn household(&mut self, name: String, law: &Law, document: &Json) {
        let facts = DecisionFacts::read(law, document).unwrap_or_else(|error| panic!("{name}: {error:?}\n{document}"));
        let decision = decide(law, &facts);
        let mut line = vec![("name", Json::from(name)), ("facts", document.clone())];
        if let Some(refusal) = decision.refusal() {
            let guard = |by: &doudi::rules::decide::RefusedBy| {
                Json::List(vec![by.reason.clone().into(), by.cite.clone().into()])
            };
            line.push(("refused", Json::List(refusal.guards.iter().map(guard).collect())));
            *self.outcomes.entry("refused by a guard".to_owned()).or_default() += 1;
        } else {
            let determination = decision.determination();
            let outcome = determination.household.outcome.code().to_owned();
            *self.outcomes.entry(outcome).or_default() += 1;
            line.push(("determination", determination.to_json()));
        }
        writeln!(self.text, "{}", Json::object(line)).expect("a string");
        self.records += 1;
    }
}

fn stream(seed: u64, laws: usize) -> Stream {
    let shipped = shipped();
    let mut stream = Stream {
        text: String::new(),
        outcomes: BTreeMap::new(),
        records: 0,
    };
    for number in 0..laws {
        let mut c = Chooser::new(seed.wrapping_add(u64::try_from(number).expect("few laws") << 32));
        let (documents, law) = match number {
            0 => (
                shipped.layers.clone(),
                resolve(&shipped.layers, &shipped).expect("the shipped policy is a law"),
            ),
            number if number % 2 == 1 => mutant(&shipped, &mut c),
            _ => invented(&shipped, &mut c),
        };
        stream.law(&documents, &law, &shipped);
        let population = Population::new(&shipped.vocabulary, &documents);
        for household in 0..HOUSEHOLDS_A_LAW {
            let facts = population.facts(AREA, &mut c);
            stream.household(format!("law {number} household {household}"), &law, &facts);
        }
    }
    stream
}

/// Runs the replayer over a stream; what it says, and whether all records were equal.
fn replay(stream: &Path) -> (bool, String) {
    let python = std::env::var("DOUDI_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(python)
        .arg(root().join("deploy/audit/replay.py"))
        .arg(stream)
        .stdin(Stdio::null())
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

#[test]
fn ten_thousand_random_households_replay_to_the_same_bytes_in_python() {
    let seed = std::env::var("DOUDI_TEST_SEED").map_or(SEED, |text| text.parse().expect("DOUDI_TEST_SEED is a number"));
    let long = std::env::var("DOUDI_TEST_LONG").is_ok_and(|text| !text.is_empty());
    let laws = if long { LAWS * LONG } else { LAWS };
    let stream = stream(seed, laws);
    println!("seed {seed}, {} households, {:?}", stream.records, stream.outcomes);
    let folder = tempfile::tempdir().expect("a folder");
    let path = std::env::var("DOUDI_TEST_STREAM").map_or_else(|_| folder.path().join("stream.jsonl"), PathBuf::from);
    fs::write(&path, &stream.text).expect("the stream is written");
    let (equal, said) = replay(&path);
    let first: String = said
        .lines()
        .take(20)
        .map(|line| format!("{}\n", line.chars().take(600).collect::<String>()))
        .collect();
    assert!(equal, "seed {seed}:\n{first}");
    assert!(
        said.contains(&format!(
            "{} records replayed to the same bytes, 0 did not",
            stream.records
        )),
        "{first}"
    );
    let unseen: Vec<&&str> = OUTCOMES
        .iter()
        .filter(|outcome| !stream.outcomes.contains_key(**outcome))
        .collect();
    assert!(unseen.is_empty(), "seed {seed} never gave {unseen:?}");
}

#[test]
fn one_changed_amount_is_named_with_its_place_and_its_cause() {
    let stream = stream(SEED, 1);
    let changed: Vec<String> = stream
        .text
        .lines()
        .map(|line| match line.strip_prefix("{\"determination\":") {
            Some(rest) => format!(
                "{{\"determination\":{}",
                rest.replacen("\"amount_fen\":", "\"amount_fen\":1", 1)
            ),
            None => line.to_owned(),
        })
        .collect();
    assert_ne!(
        changed.join("\n"),
        stream.text.trim_end(),
        "some household gets an amount"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stream.jsonl");
    fs::write(&path, changed.join("\n")).expect("the stream is written");
    let (equal, said) = replay(&path);
    assert!(
        !equal && said.contains("engine at ") && said.contains("amount_fen"),
        "{said}"
    );
}
