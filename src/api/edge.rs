//! What the five services share; each implements its calls on it in a file of its own.

use std::sync::Arc;

use super::admission::outcome::Outcomes;
use super::batch::Batches;
use super::preview::Previews;
use crate::app::App;
use crate::shutdown::Drain;

/// The edge of one server.
#[derive(Clone)]
pub struct Edge {
    pub(super) app: Arc<App>,
    pub(super) batches: Batches,
    pub(super) previews: Previews,
    pub(super) outcomes: Arc<Outcomes>,
}

impl Edge {
    /// An edge in front of the use cases.
    #[must_use]
    pub fn new(app: Arc<App>, drain: Drain, outcomes: Arc<Outcomes>) -> Edge {
        Edge {
            app,
            batches: Batches::new(drain.clone(), Arc::clone(&outcomes)),
            previews: Previews::new(drain),
            outcomes,
        }
    }
}
