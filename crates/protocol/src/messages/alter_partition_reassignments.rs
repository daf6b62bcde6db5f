//! AlterPartitionReassignments: moves replicas to other brokers (KIP-455).

use crate::Message;

/// The request, key 45.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AlterPartitionReassignments, response = AlterPartitionReassignmentsResponse, versions = "0-1", flexible = "0+")]
pub struct AlterPartitionReassignmentsRequest {
    /// In milliseconds.
    #[field(default = 60000)]
    pub timeout_ms: i32,
    /// False refuses another number of replicas than before (KIP-860).
    #[field(versions = "1+", default = true)]
    pub allow_replication_factor_change: bool,
    pub topics: Vec<ReassignableTopic>,
}

/// An element of `AlterPartitionReassignmentsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignableTopic {
    pub name: String,
    pub partitions: Vec<ReassignablePartition>,
}

/// An element of `ReassignableTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignablePartition {
    pub partition_index: i32,
    /// The brokers to move to, the preferred leader first; null cancels the
    /// move that is under way.
    #[field(nullable = "0+", default = null)]
    pub replicas: Option<Vec<i32>>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AlterPartitionReassignments, versions = "0-1", flexible = "0+")]
pub struct AlterPartitionReassignmentsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// What the request said.
    #[field(versions = "1+", default = true, ignorable)]
    pub allow_replication_factor_change: bool,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
    pub responses: Vec<ReassignableTopicResponse>,
}

/// An element of `AlterPartitionReassignmentsResponse::responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignableTopicResponse {
    pub name: String,
    pub partitions: Vec<ReassignablePartitionResponse>,
}

/// An element of `ReassignableTopicResponse::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignablePartitionResponse {
    pub partition_index: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
}
