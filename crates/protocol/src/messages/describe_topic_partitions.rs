//! DescribeTopicPartitions: topics in pages (KIP-966).

use highwater_types::Uuid;

use crate::Message;

/// The request, key 75.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeTopicPartitions, response = DescribeTopicPartitionsResponse, versions = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsRequest {
    pub topics: Vec<TopicRequest>,
    #[field(default = 2000)]
    pub response_partition_limit: i32,
    /// Where to go on; null to begin.
    #[field(nullable = "0+", default = null)]
    pub cursor: Option<Cursor>,
}

/// An element of `DescribeTopicPartitionsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicRequest {
    pub name: String,
}

/// The value of `DescribeTopicPartitionsRequest::cursor`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Cursor {
    pub topic_name: String,
    pub partition_index: i32,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeTopicPartitions, versions = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    /// Null if this was all.
    #[field(nullable = "0+", default = null)]
    pub next_cursor: Option<Cursor>,
}

/// An element of `DescribeTopicPartitionsResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeTopicPartitionsResponseTopic {
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    #[field(nullable = "0+")]
    pub name: Option<String>,
    /// All zeros for "no id" (KIP-516).
    pub topic_id: Uuid,
    pub is_internal: bool,
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    /// A bit per operation; `i32::MIN` if they were not asked for.
    #[field(default = i32::MIN)]
    pub topic_authorized_operations: i32,
}

/// An element of `DescribeTopicPartitionsResponseTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeTopicPartitionsResponsePartition {
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    pub partition_index: i32,
    /// -1 if there is none.
    pub leader_id: i32,
    #[field(default = -1)]
    pub leader_epoch: i32,
    /// Ids of the brokers that have a replica.
    pub replica_nodes: Vec<i32>,
    /// Ids of the replicas that are in sync.
    pub isr_nodes: Vec<i32>,
    /// Outside of the in-sync set, but safe to elect (KIP-966).
    #[field(nullable = "0+", default = null)]
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// The last in-sync replicas, when nobody safe is left (KIP-966).
    #[field(nullable = "0+", default = null)]
    pub last_known_elr: Option<Vec<i32>>,
    /// Ids of the replicas whose broker or log directory is down.
    pub offline_replicas: Vec<i32>,
}
