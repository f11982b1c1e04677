//! Compiles the contracts in `proto/` without a system protoc, and puts the commit into release builds.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const PROTO_ROOT: &str = "proto";
const PACKAGE_FOLDER: &str = "doudi/v1";

/// Where a build without the repository, as that of a container image, is told the commit. Not `DOUDI_...`: cargo gives
/// programs that it runs the variables of their build, and the settings are read from those.
const COMMIT_VARIABLE: &str = "BUILD_COMMIT";

/// What the binary is made of: a change here that no commit holds makes a build dirty.
const SOURCES: [&str; 6] = ["Cargo.lock", "Cargo.toml", "build.rs", "migrations", "proto", "src"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={PROTO_ROOT}");
    println!("cargo:rustc-env=COMMIT_OF_BUILD={}", commit());
    let mut compiler = protox::Compiler::new([PROTO_ROOT])?;
    // Comments become the documentation of the generated types.
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(contracts()?)?;
    let descriptors = compiler.file_descriptor_set();
    // Reflection and the descriptor test read the same set; comments would only make it larger. The bytes are the
    // compiler's own: a round trip through prost-types would lose the field_behavior options.
    compiler.include_source_info(false);
    let out: PathBuf = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: run by cargo")?.into();
    fs::write(out.join("doudi_descriptor.bin"), compiler.encode_file_descriptor_set())?;
    let mut config = tonic_prost_build::Config::new();
    config.extern_path(".google.rpc.Status", "::tonic_types::pb::Status");
    tonic_prost_build::configure().compile_fds_with_config(descriptors, config)?;
    Ok(())
}

/// The commit of a release build, with `-dirty` if the sources differ from it; `unknown` outside a repository.
///
/// A build for development has none: it would compile everything again after every commit.
fn commit() -> String {
    println!("cargo:rerun-if-env-changed={COMMIT_VARIABLE}");
    if env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
        return "development".to_owned();
    }
    if let Some(given) = env::var(COMMIT_VARIABLE).ok().filter(|given| !given.is_empty()) {
        return given;
    }
    // A folder above that happens to be somebody's repository is not ours.
    let ours = git(&["ls-files", "--error-unmatch", "build.rs"]).is_some();
    let Some(commit) = git(&["rev-parse", "HEAD"]).filter(|_| ours) else {
        return "unknown".to_owned();
    };
    for path in ["HEAD", "logs/HEAD"] {
        // A path that is not there would have everything compiled at every build.
        if let Some(path) = git(&["rev-parse", "--git-path", path]).filter(|path| Path::new(path).exists()) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    for path in SOURCES {
        println!("cargo:rerun-if-changed={path}");
    }
    let status = git(&[["status", "--porcelain", "--"].as_slice(), &SOURCES].concat());
    match status.as_deref() {
        Some("") => commit,
        Some(_) | None => format!("{commit}-dirty"),
    }
}

/// What git prints, without the last newline; nothing where it is missing or refuses.
fn git(arguments: &[&str]) -> Option<String> {
    // Without optional locks: a build beside a running git changes nothing for it.
    let done = Command::new("git")
        .arg("--no-optional-locks")
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(done.stdout).ok()?;
    done.status.success().then(|| text.trim_end().to_owned())
}

/// The `.proto` files of the package, by name, so that the build does not depend on the folder's order.
fn contracts() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(Path::new(PROTO_ROOT).join(PACKAGE_FOLDER))? {
        files.push(entry?.path());
    }
    files.retain(|path| path.extension().is_some_and(|e| e == "proto"));
    files.sort();
    Ok(files)
}
