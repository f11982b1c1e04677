//! The edge: decodes requests, calls a use case, encodes its result. Nothing is decided or stored here.

pub mod admission;
mod answers;
mod audit;
mod auth;
mod batch;
mod decode;
mod determination;
mod edge;
mod encode;
mod exit;
pub mod pb;
mod place;
mod policy;
mod preview;
mod review;
pub mod rpcs;
mod sampling;
mod status;

pub use decode::limits::{POLICY_REQUEST_SIZE_MAX_BYTES, REQUEST_SIZE_MAX_BYTES};
pub use edge::Edge;

#[cfg(test)]
mod contract_tests;
