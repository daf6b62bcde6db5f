//! OffsetForLeaderEpoch: where an epoch ends, to find where logs part (KIP-101).

use crate::Message;

/// The request, key 23.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = OffsetForLeaderEpoch, response = OffsetForLeaderEpochResponse, versions = "2-4", flexible = "4+")]
pub struct OffsetForLeaderEpochRequest {
    /// A broker's id, -1 for a consumer, -2 for a debugging one.
    #[field(versions = "3+", default = -2, ignorable)]
    pub replica_id: i32,
    pub topics: Vec<OffsetForLeaderTopic>,
}

/// An element of `OffsetForLeaderEpochRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderTopic {
    pub topic: String,
    pub partitions: Vec<OffsetForLeaderPartition>,
}

/// An element of `OffsetForLeaderTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderPartition {
    pub partition: i32,
    /// The epoch the client believes in, to be fenced by; -1 to skip the check (KIP-320).
    #[field(default = -1)]
    pub current_leader_epoch: i32,
    /// The epoch whose end is wanted.
    pub leader_epoch: i32,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = OffsetForLeaderEpoch, versions = "2-4", flexible = "4+")]
pub struct OffsetForLeaderEpochResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetForLeaderTopicResult>,
}

/// An element of `OffsetForLeaderEpochResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderTopicResult {
    pub topic: String,
    pub partitions: Vec<EpochEndOffset>,
}

/// An element of `OffsetForLeaderTopicResult::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EpochEndOffset {
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    pub partition: i32,
    #[field(default = -1)]
    pub leader_epoch: i32,
    #[field(default = -1)]
    pub end_offset: i64,
}
