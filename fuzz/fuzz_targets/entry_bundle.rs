//! libFuzzer over `targets::entry_bundle`.

#![no_main]

#[allow(dead_code, reason = "each target is one of many")]
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::entry_bundle(bytes));
