//! What "a replica has it" means.

/// How far a replica counts towards the high watermark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommitRule {
    /// Only what is on stable storage counts: an acknowledged record outlives a
    /// power loss of every machine. The default.
    #[default]
    Flushed,
    /// What is in the page cache counts, as in Apache Kafka (`write.caching=true`).
    Appended,
}
