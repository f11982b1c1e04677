//! The edge: decodes requests, calls a use case, encodes its result. Nothing is decided or stored here.

pub mod admission;
mod answers;
mod audit;
pub(crate) mod auth;
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

pub use decode::limits::{NAME_SIZE_MAX_BYTES, POLICY_REQUEST_SIZE_MAX_BYTES, REQUEST_SIZE_MAX_BYTES};
pub use decode::text as required_text;
pub use edge::Edge;

#[cfg(test)]
mod contract_tests;
