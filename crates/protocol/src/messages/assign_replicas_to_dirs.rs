//! AssignReplicasToDirs: which log directory has a replica, broker to
//! controller (KIP-858).

use highwater_types::Uuid;

use crate::Message;

/// The request, key 73.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AssignReplicasToDirs, response = AssignReplicasToDirsResponse, versions = "0", flexible = "0+")]
pub struct AssignReplicasToDirsRequest {
    pub broker_id: i32,
    /// What the controller gave the broker when it registered.
    #[field(default = -1)]
    pub broker_epoch: i64,
    pub directories: Vec<AssignedDirectory>,
}

/// An element of `AssignReplicasToDirsRequest::directories`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AssignedDirectory {
    pub id: Uuid,
    pub topics: Vec<AssignedTopic>,
}

/// An element of `AssignedDirectory::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AssignedTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<AssignedPartition>,
}

/// An element of `AssignedTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AssignedPartition {
    pub partition_index: i32,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AssignReplicasToDirs, versions = "0", flexible = "0+")]
pub struct AssignReplicasToDirsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    pub directories: Vec<AssignedDirectoryResponse>,
}

/// An element of `AssignReplicasToDirsResponse::directories`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AssignedDirectoryResponse {
    pub id: Uuid,
    pub topics: Vec<AssignedTopicResponse>,
}

/// An element of `AssignedDirectoryResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AssignedTopicResponse {
    pub topic_id: Uuid,
    pub partitions: Vec<AssignedPartitionResponse>,
}

/// An element of `AssignedTopicResponse::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AssignedPartitionResponse {
    pub partition_index: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
}
