//! What an append is told and what it answers.

use highwater_types::{Offset, TimestampMs};

/// Who appends, which decides how much of a batch is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOrigin {
    /// A producer: everything is checked.
    Client,
    /// A group or transaction coordinator of this broker: control batches are
    /// allowed and sequences are not checked.
    Coordinator,
    /// The leader of the metadata quorum.
    RaftLeader,
    /// A leader whose checks were already made.
    Replication,
}

/// Where a successful append went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendInfo {
    /// Of the first record; for a duplicate that of the original append.
    pub first_offset: Offset,
    /// Of the last record, inclusive.
    pub last_offset: Offset,
    /// The time stamped into the batches, or [`TimestampMs::NONE`] when they
    /// keep their producer's timestamps.
    pub log_append_time: TimestampMs,
    pub log_start_offset: Offset,
    /// The batch was already in the log and nothing was written.
    pub duplicate: bool,
    /// Records appended; 0 for a duplicate.
    pub records: u64,
    /// Bytes appended; 0 for a duplicate.
    pub bytes: usize,
}
