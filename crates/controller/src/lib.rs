//! The Raft metadata quorum; the only crate that knows openraft.

#![forbid(unsafe_code)]

mod quorum;
