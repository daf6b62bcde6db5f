//! Incremental fetch sessions: the broker remembers what a consumer reads, so that
//! requests and responses only carry what changed. KIP-227.

mod cache;
mod session;

pub(crate) use cache::{FetchSessionCache, SessionLimits, SessionRequest};
pub(crate) use session::{FetchPartition, PartitionOutcome, SessionError, TopicKey};
