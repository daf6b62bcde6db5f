//! DeleteRecords: move a partition's log start (KIP-107).

use crate::Message;

/// The request, key 21.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DeleteRecords, response = DeleteRecordsResponse, versions = "0-2", flexible = "2+")]
pub struct DeleteRecordsRequest {
    pub topics: Vec<DeleteRecordsTopic>,
    /// How long to wait for completion, in milliseconds.
    pub timeout_ms: i32,
}

/// An element of `DeleteRecordsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsTopic {
    pub name: String,
    pub partitions: Vec<DeleteRecordsPartition>,
}

/// An element of `DeleteRecordsTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsPartition {
    pub partition_index: i32,
    /// Everything below it goes; -1 for the high watermark.
    pub offset: i64,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DeleteRecords, versions = "0-2", flexible = "2+")]
pub struct DeleteRecordsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    pub topics: Vec<DeleteRecordsTopicResult>,
}

/// An element of `DeleteRecordsResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsTopicResult {
    pub name: String,
    pub partitions: Vec<DeleteRecordsPartitionResult>,
}

/// An element of `DeleteRecordsTopicResult::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsPartitionResult {
    pub partition_index: i32,
    /// The new log start; -1 after an error.
    pub low_watermark: i64,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
}
