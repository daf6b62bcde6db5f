//! ListOffsets: the offset that belongs to a time or an end of the log.

use crate::Message;

/// The request, key 2.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ListOffsets, response = ListOffsetsResponse, versions = "1-11", flexible = "6+")]
pub struct ListOffsetsRequest {
    /// -1 for a consumer.
    pub replica_id: i32,
    /// 0 read uncommitted, 1 read committed.
    #[field(versions = "2+")]
    pub isolation_level: i8,
    pub topics: Vec<ListOffsetsTopic>,
    /// How long to wait for completion, in milliseconds.
    #[field(versions = "10+", ignorable)]
    pub timeout_ms: i32,
}

/// An element of `ListOffsetsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsTopic {
    pub name: String,
    pub partitions: Vec<ListOffsetsPartition>,
}

/// An element of `ListOffsetsTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsPartition {
    pub partition_index: i32,
    /// The epoch the client believes in, to be fenced by; -1 to skip the check (KIP-320).
    #[field(versions = "4+", default = -1, ignorable)]
    pub current_leader_epoch: i32,
    /// Milliseconds, or -1 latest, -2 earliest, -3 largest timestamp,
    /// -4 earliest local, -5 latest tiered, -6 earliest pending upload.
    pub timestamp: i64,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ListOffsets, versions = "1-11", flexible = "6+")]
pub struct ListOffsetsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    #[field(versions = "2+", ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<ListOffsetsTopicResponse>,
}

/// An element of `ListOffsetsResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsTopicResponse {
    pub name: String,
    pub partitions: Vec<ListOffsetsPartitionResponse>,
}

/// An element of `ListOffsetsTopicResponse::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsPartitionResponse {
    pub partition_index: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// The found record's, in milliseconds; -1 if there is none.
    #[field(default = -1)]
    pub timestamp: i64,
    /// -1 if no record was found.
    #[field(default = -1)]
    pub offset: i64,
    /// The found record's; -1 if not known.
    #[field(versions = "4+", default = -1)]
    pub leader_epoch: i32,
}
