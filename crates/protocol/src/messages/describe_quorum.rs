//! DescribeQuorum: the voters and observers of the metadata log (KIP-595).

use highwater_types::Uuid;

use crate::Message;

/// The request, key 55.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeQuorum, response = DescribeQuorumResponse, versions = "0-2", flexible = "0+")]
pub struct DescribeQuorumRequest {
    pub topics: Vec<DescribeQuorumTopic>,
}

/// An element of `DescribeQuorumRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeQuorumTopic {
    pub topic_name: String,
    pub partitions: Vec<DescribeQuorumPartition>,
}

/// An element of `DescribeQuorumTopic::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeQuorumPartition {
    pub partition_index: i32,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DescribeQuorum, versions = "0-2", flexible = "0+")]
pub struct DescribeQuorumResponse {
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(versions = "2+", nullable = "2+", ignorable)]
    pub error_message: Option<String>,
    pub topics: Vec<DescribeQuorumTopicResponse>,
    /// Where the voters are.
    #[field(versions = "2+")]
    pub nodes: Vec<QuorumNode>,
}

/// An element of `DescribeQuorumResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeQuorumTopicResponse {
    pub topic_name: String,
    pub partitions: Vec<DescribeQuorumPartitionResponse>,
}

/// An element of `DescribeQuorumTopicResponse::partitions`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeQuorumPartitionResponse {
    pub partition_index: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(versions = "2+", nullable = "2+", ignorable)]
    pub error_message: Option<String>,
    /// -1 if it is not known.
    pub leader_id: i32,
    pub leader_epoch: i32,
    pub high_watermark: i64,
    pub current_voters: Vec<QuorumReplicaState>,
    /// Replicas without a vote: brokers and controllers that may be added.
    pub observers: Vec<QuorumReplicaState>,
}

/// An element of `current_voters` and `observers`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct QuorumReplicaState {
    pub replica_id: i32,
    #[field(versions = "2+")]
    pub replica_directory_id: Uuid,
    /// -1 if it is not known.
    pub log_end_offset: i64,
    /// When the leader last heard of it, in milliseconds since 1970; -1 for the
    /// leader itself or if it is not known (KIP-836).
    #[field(versions = "1+", default = -1, ignorable)]
    pub last_fetch_timestamp: i64,
    /// Up to when it has everything, in milliseconds since 1970: now for the
    /// leader, -1 if it is not known (KIP-836).
    #[field(versions = "1+", default = -1, ignorable)]
    pub last_caught_up_timestamp: i64,
}

/// An element of `DescribeQuorumResponse::nodes`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct QuorumNode {
    pub node_id: i32,
    pub listeners: Vec<QuorumListener>,
}

/// An element of `QuorumNode::listeners`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct QuorumListener {
    pub name: String,
    pub host: String,
    pub port: u16,
}
