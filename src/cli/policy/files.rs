//! Finds and reads policy files: folders of YAML, and the held texts beside them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::rules::document::Document;
use crate::rules::language::library::{self, File, Read};
use crate::rules::language::yaml::FILE_SIZE_MAX_BYTES;

/// The register of areas lies in the folder and is no policy document.
const NOT_A_POLICY: &str = "areas.yaml";
/// The folder of held texts, beside the documents.
const TEXTS: &str = "texts";

/// The policy files to work on.
#[derive(Debug, clap::Args)]
pub struct Paths {
    /// Policy files, or folders of them; held texts lie in `texts/` of a folder.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A folder with the documents above: read, but not reported on.
    #[arg(long, value_name = "DIR")]
    above: Vec<PathBuf>,
}

/// Files that were read, with the documents above them.
pub struct Found {
    /// Every file, superior ones first.
    pub read: Vec<Read>,
    /// Names of files that were asked for, not those above.
    pub asked: Vec<String>,
}

impl Found {
    /// Every document that passed, superior ones first.
    pub fn sealed(&self) -> Vec<&Document> {
        self.read
            .iter()
            .filter_map(|read| Some(&read.result.as_ref().ok()?.document))
            .collect()
    }

    /// The files that were asked for.
    pub fn asked(&self) -> impl Iterator<Item = &Read> {
        self.read.iter().filter(|read| self.asked.contains(&read.name))
    }
}

impl Paths {
    /// These paths, with the documents above them.
    pub fn new(paths: Vec<PathBuf>, above: Vec<PathBuf>) -> Paths {
        Paths { paths, above }
    }

    /// Reads all files and checks each against those above it.
    pub fn read(&self) -> Result<Found, Failure> {
        self.read_files(None)
    }

    /// The same, without one file of the folders above.
    pub fn read_without(&self, left_out: &Path) -> Result<Found, Failure> {
        self.read_files(Some(&left_out.display().to_string()))
    }

    fn read_files(&self, left_out: Option<&str>) -> Result<Found, Failure> {
        let (mut files, mut texts) = (Vec::new(), Vec::new());
        for path in &self.paths {
            collect(path, &mut files, &mut texts)?;
        }
        let asked: Vec<String> = files.iter().map(|file: &File| file.name.clone()).collect();
        for path in &self.above {
            let mut above = Vec::new();
            collect(path, &mut above, &mut texts)?;
            // A file that is asked for is not its own superior.
            let is_asked = |file: &File| {
                left_out.is_some_and(|out| same(out, &file.name))
                    || files.iter().any(|other| same(&other.name, &file.name))
            };
            let above: Vec<File> = above.into_iter().filter(|file| !is_asked(file)).collect();
            files.extend(above);
        }
        if asked.is_empty() {
            return Err(Failure::usage(
                "no policy file is there; name a folder with .yaml files",
            ));
        }
        Ok(Found {
            read: library::read_all(&files, &texts),
            asked,
        })
    }
}

/// The documents that a document builds on: the vocabulary and those of the areas above its own.
pub fn layers<'d>(document: &Document, all: &[&'d Document]) -> Vec<&'d Document> {
    let above =
        |other: &&&Document| library::lies_in(&document.area, &other.area) && other.digest() != document.digest();
    all.iter().filter(above).copied().collect()
}

/// One file and the texts that are held beside it.
pub fn one(path: &Path) -> Result<(String, Vec<String>), Failure> {
    let (mut files, mut texts) = (Vec::new(), Vec::new());
    if path.is_dir() {
        return Err(Failure::usage(format!(
            "{}: a folder; name one document",
            path.display()
        )));
    }
    collect(path, &mut files, &mut texts)?;
    let text = files.pop().map(|file: File| file.text);
    Ok((text.unwrap_or_default(), texts))
}

fn same(a: &str, b: &str) -> bool {
    a == b || matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

fn collect(path: &Path, files: &mut Vec<File>, texts: &mut Vec<String>) -> Result<(), Failure> {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(Path::new("."))
    };
    for text in listed(&folder.join(TEXTS), "txt").unwrap_or_default() {
        texts.push(read(&text)?);
    }
    if !path.is_dir() {
        files.push(File {
            name: path.display().to_string(),
            text: read(path)?,
        });
        return Ok(());
    }
    for file in listed(path, "yaml").map_err(|error| Failure::file(path, &error))? {
        if file.file_name().is_some_and(|name| name != NOT_A_POLICY) {
            files.push(File {
                name: file.display().to_string(),
                text: read(&file)?,
            });
        }
    }
    Ok(())
}

/// The files of a folder that end so, by name.
fn listed(folder: &Path, ending: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::file(path, &error);
    let size = fs::metadata(path).map_err(failed)?.len();
    if usize::try_from(size).is_ok_and(|size| size > FILE_SIZE_MAX_BYTES) {
        return Err(Failure::usage(format!(
            "{}: the file is too large to be a policy",
            path.display()
        )));
    }
    fs::read_to_string(path).map_err(failed)
}
