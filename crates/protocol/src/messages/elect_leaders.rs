//! ElectLeaders: elects preferred or unclean leaders (KIP-183, KIP-460).

use crate::Message;

/// The request, key 43.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ElectLeaders, response = ElectLeadersResponse, versions = "0-2", flexible = "2+")]
pub struct ElectLeadersRequest {
    /// 0 the preferred replica, 1 any live one if no replica is in sync.
    #[field(versions = "1+")]
    pub election_type: i8,
    /// Null for all partitions.
    #[field(nullable = "0+")]
    pub topic_partitions: Option<Vec<ElectLeadersTopic>>,
    /// In milliseconds.
    #[field(default = 60000)]
    pub timeout_ms: i32,
}

/// An element of `ElectLeadersRequest::topic_partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ElectLeadersTopic {
    pub topic: String,
    pub partitions: Vec<i32>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ElectLeaders, versions = "0-2", flexible = "2+")]
pub struct ElectLeadersResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    #[field(versions = "1+")]
    pub error_code: i16,
    pub replica_election_results: Vec<ReplicaElectionResult>,
}

/// An element of `ElectLeadersResponse::replica_election_results`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaElectionResult {
    pub topic: String,
    pub partition_result: Vec<PartitionElectionResult>,
}

/// An element of `ReplicaElectionResult::partition_result`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionElectionResult {
    pub partition_id: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
}
