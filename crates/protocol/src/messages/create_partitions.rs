//! CreatePartitions

use crate::Message;

/// Request of CreatePartitions, key 37.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = CreatePartitions, response = CreatePartitionsResponse, versions = "0-3", flexible = "2+")]
pub struct CreatePartitionsRequest {
    pub topics: Vec<CreatePartitionsTopic>,
    pub timeout_ms: i32,
    pub validate_only: bool,
}

/// An element of `CreatePartitionsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsTopic {
    pub name: String,
    pub count: i32,
    #[field(nullable = "0+")]
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

/// An element of `CreatePartitionsTopic::assignments`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsAssignment {
    pub broker_ids: Vec<i32>,
}

/// Response of CreatePartitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = CreatePartitions, versions = "0-3", flexible = "2+")]
pub struct CreatePartitionsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<CreatePartitionsTopicResult>,
}

/// An element of `CreatePartitionsResponse::results`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsTopicResult {
    pub name: String,
    pub error_code: i16,
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<String>,
}
