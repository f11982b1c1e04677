//! The checker on small documents.
