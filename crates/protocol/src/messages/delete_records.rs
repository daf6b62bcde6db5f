//! DeleteRecords

use crate::Message;

/// Request of DeleteRecords, key 21.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DeleteRecords, response = DeleteRecordsResponse, versions = "0-2", flexible = "2+")]
pub struct DeleteRecordsRequest {
    pub topics: Vec<DeleteRecordsTopic>,
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
    pub offset: i64,
}

/// Response of DeleteRecords.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DeleteRecords, versions = "0-2", flexible = "2+")]
pub struct DeleteRecordsResponse {
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
    pub low_watermark: i64,
    pub error_code: i16,
}
