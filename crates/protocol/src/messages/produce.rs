//! Produce

use bytes::Bytes;
use highwater_types::Uuid;

use crate::Message;

/// Request of Produce, key 0.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = Produce, response = ProduceResponse, versions = "3-13", flexible = "9+")]
pub struct ProduceRequest {
    #[field(nullable = "0+", default = null)]
    pub transactional_id: Option<String>,
    pub acks: i16,
    pub timeout_ms: i32,
    pub topic_data: Vec<TopicProduceData>,
}

/// An element of `ProduceRequest::topic_data`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicProduceData {
    #[field(versions = "0-12", ignorable)]
    pub name: String,
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partition_data: Vec<PartitionProduceData>,
}

/// An element of `TopicProduceData::partition_data`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionProduceData {
    pub index: i32,
    #[field(nullable = "0+")]
    pub records: Option<Bytes>,
}

/// Response of Produce.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = Produce, versions = "3-13", flexible = "9+")]
pub struct ProduceResponse {
    pub responses: Vec<TopicProduceResponse>,
    pub throttle_time_ms: i32,
    #[field(versions = "10+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// An element of `ProduceResponse::responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicProduceResponse {
    #[field(versions = "0-12", ignorable)]
    pub name: String,
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partition_responses: Vec<PartitionProduceResponse>,
}

/// An element of `TopicProduceResponse::partition_responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionProduceResponse {
    pub index: i32,
    pub error_code: i16,
    pub base_offset: i64,
    #[field(default = -1)]
    pub log_append_time_ms: i64,
    #[field(versions = "5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    #[field(versions = "8+", ignorable)]
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    #[field(versions = "8+", nullable = "8+", default = null, ignorable)]
    pub error_message: Option<String>,
    #[field(versions = "10+", tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
}

/// An element of `PartitionProduceResponse::record_errors`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct BatchIndexAndErrorMessage {
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
    #[field(nullable = "0+", default = null)]
    pub rack: Option<String>,
}
