//! DescribeLogDirs: sizes of replicas on disk.

use crate::Message;

/// The request, key 35.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeLogDirs, response = DescribeLogDirsResponse, versions = "1-5", flexible = "2+")]
pub struct DescribeLogDirsRequest {
    /// Null for all of them.
    #[field(nullable = "0+")]
    pub topics: Option<Vec<DescribableLogDirTopic>>,
}

/// An element of `DescribeLogDirsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribableLogDirTopic {
    pub topic: String,
    pub partitions: Vec<i32>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeLogDirs, versions = "1-5", flexible = "2+")]
pub struct DescribeLogDirsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    #[field(versions = "3+", ignorable)]
    pub error_code: i16,
    pub results: Vec<DescribeLogDirsResult>,
}

/// An element of `DescribeLogDirsResponse::results`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsResult {
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    pub log_dir: String,
    pub topics: Vec<DescribeLogDirsTopic>,
    /// The volume's size; -1 if not known.
    #[field(versions = "4+", default = -1, ignorable)]
    pub total_bytes: i64,
    /// What is free on the volume; -1 if not known.
    #[field(versions = "4+", default = -1, ignorable)]
    pub usable_bytes: i64,
    #[field(versions = "5+", ignorable)]
    pub is_cordoned: bool,
}

/// An element of `DescribeLogDirsResult::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsTopic {
    pub name: String,
    pub partitions: Vec<DescribeLogDirsPartition>,
}

/// An element of `DescribeLogDirsTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsPartition {
    pub partition_index: i32,
    /// Bytes of all segments.
    pub partition_size: i64,
    /// Records behind the high watermark; for a future replica behind the current one.
    pub offset_lag: i64,
    /// Whether it is the copy of a move between directories.
    pub is_future_key: bool,
}
