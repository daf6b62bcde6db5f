//! The Raft quorum behind the metadata log.
//!
//! *Architecture invariant:* openraft is named in this folder and in the loop that
//! proposes to it, nowhere else. The Raft index of an entry is its offset in the
//! metadata log and the term is its leader epoch; the word *term* stays in here.

pub(crate) mod checkpoint;
pub(crate) mod checkpoint_file;
pub(crate) mod control_records;
pub(crate) mod entry_codec;
pub(crate) mod files;
pub(crate) mod flusher;
pub(crate) mod log_store;
pub(crate) mod network;
pub(crate) mod quorum_state;
pub(crate) mod state_machine;
pub(crate) mod types;

#[cfg(test)]
mod tests;
