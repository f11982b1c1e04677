//! Doudi (兜底): social-assistance decisions by the law in force, each provable and replayable.
//!
//! This page is the architecture document; it is completed as the parts land.

pub mod api;
pub mod app;
pub mod area;
pub mod canonical;
pub mod cli;
pub mod config;
pub mod log;
pub mod reader;
pub mod rules;
pub mod server;
pub mod shutdown;
pub mod store;
pub mod telemetry;
