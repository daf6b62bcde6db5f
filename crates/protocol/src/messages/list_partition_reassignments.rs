//! ListPartitionReassignments: which replicas are being moved (KIP-455).

use crate::Message;

/// The request, key 46.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ListPartitionReassignments, response = ListPartitionReassignmentsResponse, versions = "0", flexible = "0+")]
pub struct ListPartitionReassignmentsRequest {
    /// In milliseconds.
    #[field(default = 60000)]
    pub timeout_ms: i32,
    /// Null for all of them.
    #[field(nullable = "0+", default = null)]
    pub topics: Option<Vec<ListPartitionReassignmentsTopics>>,
}

/// An element of `ListPartitionReassignmentsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListPartitionReassignmentsTopics {
    pub name: String,
    pub partition_indexes: Vec<i32>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ListPartitionReassignments, versions = "0", flexible = "0+")]
pub struct ListPartitionReassignmentsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
    /// Only partitions with a move under way.
    pub topics: Vec<OngoingTopicReassignment>,
}

/// An element of `ListPartitionReassignmentsResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OngoingTopicReassignment {
    pub name: String,
    pub partitions: Vec<OngoingPartitionReassignment>,
}

/// An element of `OngoingTopicReassignment::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OngoingPartitionReassignment {
    pub partition_index: i32,
    /// All replicas of now, those that come and those that go included.
    pub replicas: Vec<i32>,
    pub adding_replicas: Vec<i32>,
    pub removing_replicas: Vec<i32>,
}
