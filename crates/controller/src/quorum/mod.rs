//! The Raft quorum: openraft on Kafka's log format.

mod control_record;
mod entry_codec;
mod state_file;
mod types;
