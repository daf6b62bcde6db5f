//! DescribeTopicPartitions

use highwater_types::Uuid;

use crate::Message;

/// Request of DescribeTopicPartitions, key 75.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeTopicPartitions, response = DescribeTopicPartitionsResponse, versions = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsRequest {
    pub topics: Vec<TopicRequest>,
    #[field(default = 2000)]
    pub response_partition_limit: i32,
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

/// Response of DescribeTopicPartitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeTopicPartitions, versions = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    #[field(nullable = "0+", default = null)]
    pub next_cursor: Option<Cursor>,
}

/// An element of `DescribeTopicPartitionsResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeTopicPartitionsResponseTopic {
    pub error_code: i16,
    #[field(nullable = "0+")]
    pub name: Option<String>,
    pub topic_id: Uuid,
    pub is_internal: bool,
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    #[field(default = i32::MIN)]
    pub topic_authorized_operations: i32,
}

/// An element of `DescribeTopicPartitionsResponseTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeTopicPartitionsResponsePartition {
    pub error_code: i16,
    pub partition_index: i32,
    pub leader_id: i32,
    #[field(default = -1)]
    pub leader_epoch: i32,
    pub replica_nodes: Vec<i32>,
    pub isr_nodes: Vec<i32>,
    #[field(nullable = "0+", default = null)]
    pub eligible_leader_replicas: Option<Vec<i32>>,
    #[field(nullable = "0+", default = null)]
    pub last_known_elr: Option<Vec<i32>>,
    pub offline_replicas: Vec<i32>,
}
