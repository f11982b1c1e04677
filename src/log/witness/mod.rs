//! Witnesses: who they are and which of them suffice ([`policy`]), what is sent to them and what they answer
//! ([`request`]), and how a witness judges ([`mod@judge`]). Pure; who sends and who serves stands in `app`.

pub mod judge;
pub mod policy;
pub mod request;

pub use judge::{Judgement, Known, judge};
pub use policy::{PolicyError, TrustPolicy, Witness};
pub use request::{AddCheckpoint, RequestError};
