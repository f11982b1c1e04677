//! The rules: pure. Same inputs, same bytes, for ever.
//!
//! No async, clock, environment, random source, float, hash-ordered map, protobuf or SQL in here;
//! `tests/walls.rs` holds that.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod calendar;
pub mod case;
pub mod codec;
pub mod compile;
pub mod decide;
pub mod determination;
pub mod diff;
pub mod document;
pub mod entitlement;
pub mod eval;
pub mod expr;
pub mod facts;
pub mod impact;
pub mod language;
pub mod law;
pub mod money;
pub mod number;
pub mod outcome;
pub mod render;
pub mod trace;
pub mod types;
pub mod value;
pub mod vocabulary;
pub mod worked;
