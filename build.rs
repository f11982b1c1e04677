//! Compiles the contracts in `proto/` without a system protoc.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const PROTO_ROOT: &str = "proto";
const PACKAGE_FOLDER: &str = "doudi/v1";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={PROTO_ROOT}");
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
