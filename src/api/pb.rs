//! The types generated from `proto/`. Only this folder, the server's wiring and clients name them.

/// The package `doudi.v1`.
pub mod doudi {
    /// Version 1.
    #[allow(
        missing_docs,
        clippy::all,
        clippy::pedantic,
        reason = "generated: comments stand in proto/"
    )]
    pub mod v1 {
        tonic::include_proto!("doudi.v1");
    }
}

/// Public protos used by ours.
pub mod google {
    /// Common types.
    pub mod r#type {
        tonic::include_proto!("google.r#type");
    }
}

pub use doudi::v1::*;
pub use google::r#type::Date;

/// The descriptors of every contract, for reflection and for the descriptor test.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/doudi_descriptor.bin"));
