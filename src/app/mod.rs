//! The use cases: what the RPCs and the command line do, each from a typed command to a typed result.

pub mod areas;
pub mod caller;
pub mod command;
pub mod entropy;
pub mod error;
pub mod facts;
pub mod key_file;
pub mod result;

pub use areas::AreaRegister;
pub use caller::Caller;
pub use error::AppError;
