//! Broken documents and the exact words an officer reads about each, in either language.

use std::fs;
use std::path::{Path, PathBuf};

use crate::rules::language::library::{self, File};
use crate::rules::language::say::Lang;
use crate::rules::language::{Context, PolicyError, read};

/// Set it to write the expected texts anew; then read the difference before you commit it.
const UPDATE: &str = "DOUDI_UPDATE_EXPECTED";

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files(path: &str) -> Vec<File> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder(path))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths
        .iter()
        .map(|path| File {
            name: name(path),
            text: fs::read_to_string(path).unwrap(),
        })
        .collect()
}

fn above() -> Context {
    let text = fs::read_to_string(folder("policy/texts/huaimin-2021-142.txt")).unwrap();
    let documents = library::read_all(&files("tests/policy/broken/above"), std::slice::from_ref(&text));
    let documents = documents.into_iter().map(|read| match read.result {
        Ok(checked) => checked.document.clone(),
        Err(errors) => panic!("{}", errors.iter().map(PolicyError::text).collect::<String>()),
    });
    Context {
        documents: documents.collect(),
        texts: vec![text],
    }
}

#[test]
fn every_broken_document_is_explained_in_the_expected_words() {
    let context = above();
    let broken = files("tests/policy/broken");
    assert!(broken.len() >= 20, "only {} broken documents", broken.len());
    let mut wrong = Vec::new();
    for file in broken {
        let remarks = match read(&file.text, &file.name, &context) {
            Ok(checked) => checked.warnings,
            Err(errors) => errors,
        };
        assert!(!remarks.is_empty(), "{} draws no remark", file.name);
        for (lang, ending) in [(Lang::En, ".expected"), (Lang::Zh, ".zh.expected")] {
            let text: String = remarks.iter().map(|remark| remark.text_in(lang)).collect();
            let expected = folder("tests/policy/broken").join(file.name.replace(".yaml", ending));
            if std::env::var_os(UPDATE).is_some() {
                fs::write(&expected, &text).unwrap();
            }
            if fs::read_to_string(&expected).unwrap_or_default() != text {
                wrong.push(format!("{}:\n{text}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn both_languages_name_the_same_place_and_the_chinese_one_says_what_and_how_in_chinese() {
    let context = above();
    for file in files("tests/policy/broken") {
        let remarks = match read(&file.text, &file.name, &context) {
            Ok(checked) => checked.warnings,
            Err(errors) => errors,
        };
        for remark in remarks {
            let (english, chinese) = (remark.text_in(Lang::En), remark.text_in(Lang::Zh));
            let place = format!("{}:{}:{}: ", remark.file, remark.line, remark.column);
            assert!(english.starts_with(&place) && chinese.starts_with(&place), "{chinese}");
            let told = chinese.lines().next().unwrap_or_default();
            let advised = chinese.lines().last().unwrap_or_default();
            assert!(told.contains("错误: ") || told.contains("警告: "), "{chinese}");
            for line in [told, advised] {
                let sentence = line
                    .trim_start_matches(&place)
                    .replace("错误: ", "")
                    .replace("改法: ", "");
                let chinese_in_it = sentence.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
                assert!(chinese_in_it, "{line}");
            }
        }
    }
}

#[test]
fn the_shipped_documents_pass() {
    let texts = vec![fs::read_to_string(folder("policy/texts/huaimin-2021-142.txt")).unwrap()];
    let shipped: Vec<File> = files("policy")
        .into_iter()
        .filter(|file| file.name != "areas.yaml")
        .collect();
    for read in library::read_all(&shipped, &texts) {
        let errors = read.result.err().unwrap_or_default();
        assert!(
            errors.is_empty(),
            "{}",
            errors.iter().map(PolicyError::text).collect::<String>()
        );
    }
}
