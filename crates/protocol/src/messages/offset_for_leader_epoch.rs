//! OffsetForLeaderEpoch

use crate::Message;

/// Request of OffsetForLeaderEpoch, key 23.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = OffsetForLeaderEpoch, response = OffsetForLeaderEpochResponse, versions = "2-4", flexible = "4+")]
pub struct OffsetForLeaderEpochRequest {
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
    #[field(default = -1)]
    pub current_leader_epoch: i32,
    pub leader_epoch: i32,
}

/// Response of OffsetForLeaderEpoch.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = OffsetForLeaderEpoch, versions = "2-4", flexible = "4+")]
pub struct OffsetForLeaderEpochResponse {
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
    pub error_code: i16,
    pub partition: i32,
    #[field(default = -1)]
    pub leader_epoch: i32,
    #[field(default = -1)]
    pub end_offset: i64,
}
