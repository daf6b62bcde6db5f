//! What leaders and followers tell each other, as plain data.

use bytes::Bytes;
use highwater_replication::Push;

/// One partition's part of a message from its leader to a follower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replicate {
    pub push: Push,
    /// Whole batches; empty unless the push is an append.
    pub batches: Bytes,
}
