//! The edge: decodes requests, calls a use case, encodes its result. Nothing is decided or stored here.

pub mod admission;
pub mod auth;
pub mod batch;
pub mod decode;
pub mod encode;
pub mod pb;
pub mod status;

#[cfg(test)]
mod contract_tests;
