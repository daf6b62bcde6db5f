//! CreatePartitions: add partitions to topics.

use crate::Message;

/// The request, key 37.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = CreatePartitions, response = CreatePartitionsResponse, versions = "0-3", flexible = "2+")]
pub struct CreatePartitionsRequest {
    pub topics: Vec<CreatePartitionsTopic>,
    /// How long to wait for completion, in milliseconds.
    pub timeout_ms: i32,
    /// Check everything, change nothing.
    pub validate_only: bool,
}

/// An element of `CreatePartitionsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsTopic {
    pub name: String,
    /// The new total, not the increase.
    pub count: i32,
    /// Replicas of the new partitions; null to leave it to the controller.
    #[field(nullable = "0+")]
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

/// An element of `CreatePartitionsTopic::assignments`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsAssignment {
    pub broker_ids: Vec<i32>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = CreatePartitions, versions = "0-3", flexible = "2+")]
pub struct CreatePartitionsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    pub results: Vec<CreatePartitionsTopicResult>,
}

/// An element of `CreatePartitionsResponse::results`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsTopicResult {
    pub name: String,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<String>,
}
