//! The `doudi` binary: picks the allocator and hands over to the command line.

use std::process::ExitCode;

/// Decisions allocate many small, short-lived values; mimalloc is measurably faster at that than the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    doudi::cli::main()
}
