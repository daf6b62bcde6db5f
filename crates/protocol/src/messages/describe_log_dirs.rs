//! DescribeLogDirs

use crate::Message;

/// Request of DescribeLogDirs, key 35.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeLogDirs, response = DescribeLogDirsResponse, versions = "1-5", flexible = "2+")]
pub struct DescribeLogDirsRequest {
    #[field(nullable = "0+")]
    pub topics: Option<Vec<DescribableLogDirTopic>>,
}

/// An element of `DescribeLogDirsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribableLogDirTopic {
    pub topic: String,
    pub partitions: Vec<i32>,
}

/// Response of DescribeLogDirs.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeLogDirs, versions = "1-5", flexible = "2+")]
pub struct DescribeLogDirsResponse {
    pub throttle_time_ms: i32,
    #[field(versions = "3+", ignorable)]
    pub error_code: i16,
    pub results: Vec<DescribeLogDirsResult>,
}

/// An element of `DescribeLogDirsResponse::results`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsResult {
    pub error_code: i16,
    pub log_dir: String,
    pub topics: Vec<DescribeLogDirsTopic>,
    #[field(versions = "4+", default = -1, ignorable)]
    pub total_bytes: i64,
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
    pub partition_size: i64,
    pub offset_lag: i64,
    pub is_future_key: bool,
}
