//! The `doudi` binary.

fn main() {}
