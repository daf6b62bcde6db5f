//! Incremental fetch sessions: the broker remembers what a consumer reads, so that
//! requests and responses only carry what changed. KIP-227.

mod cache;
mod session;

pub(crate) use cache::{FetchContext, FetchSessionCache, SessionLimits, SessionRequest};
pub(crate) use session::{FetchPartition, PartitionKey, PartitionOutcome, SessionError, TopicKey};
