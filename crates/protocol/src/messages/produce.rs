//! Produce: append record batches.

use bytes::Bytes;
use highwater_types::Uuid;

use crate::Message;

/// The request, key 0.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = Produce, response = ProduceResponse, versions = "3-13", flexible = "9+")]
pub struct ProduceRequest {
    /// Null if the records are in no transaction.
    #[field(nullable = "0+", default = null)]
    pub transactional_id: Option<String>,
    /// -1 all in-sync replicas, 1 the leader alone, 0 no response at all.
    pub acks: i16,
    /// How long to wait for completion, in milliseconds.
    pub timeout_ms: i32,
    pub topic_data: Vec<TopicProduceData>,
}

/// An element of `ProduceRequest::topic_data`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicProduceData {
    #[field(versions = "0-12", ignorable)]
    pub name: String,
    /// All zeros for "no id" (KIP-516).
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partition_data: Vec<PartitionProduceData>,
}

/// An element of `TopicProduceData::partition_data`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionProduceData {
    pub index: i32,
    /// Record batches; a slice of the request's buffer.
    #[field(nullable = "0+")]
    pub records: Option<Bytes>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = Produce, versions = "3-13", flexible = "9+")]
pub struct ProduceResponse {
    pub responses: Vec<TopicProduceResponse>,
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// Where the leaders named above listen, so that the client need not ask (KIP-951).
    #[field(versions = "10+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// An element of `ProduceResponse::responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicProduceResponse {
    #[field(versions = "0-12", ignorable)]
    pub name: String,
    /// All zeros for "no id" (KIP-516).
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partition_responses: Vec<PartitionProduceResponse>,
}

/// An element of `TopicProduceResponse::partition_responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionProduceResponse {
    pub index: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// The offset that the first record got; -1 after an error.
    pub base_offset: i64,
    /// The timestamp of all records if the topic uses log append time; else -1.
    #[field(default = -1)]
    pub log_append_time_ms: i64,
    #[field(versions = "5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    /// The records that made the batch fail, if it was single ones (KIP-467).
    #[field(versions = "8+", ignorable)]
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    /// What is wrong with the records of `record_errors`, taken together.
    #[field(versions = "8+", nullable = "8+", default = null, ignorable)]
    pub error_message: Option<String>,
    /// Set when the client asked the wrong broker (KIP-951).
    #[field(versions = "10+", tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
}

/// An element of `PartitionProduceResponse::record_errors`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct BatchIndexAndErrorMessage {
    /// The record's position in its batch, from 0.
    pub batch_index: i32,
    #[field(nullable = "0+", default = null)]
    pub batch_index_error_message: Option<String>,
}

/// The value of `PartitionProduceResponse::current_leader`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderIdAndEpoch {
    #[field(default = -1)]
    pub leader_id: i32,
    #[field(default = -1)]
    pub leader_epoch: i32,
}

/// An element of `ProduceResponse::node_endpoints`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint {
    pub node_id: i32,
    pub host: String,
    pub port: i32,
    /// Null if the broker has none.
    #[field(nullable = "0+", default = null)]
    pub rack: Option<String>,
}
