//! CreateTopics

use highwater_types::Uuid;

use crate::Message;

/// Request of CreateTopics, key 19.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = CreateTopics, response = CreateTopicsResponse, versions = "2-7", flexible = "5+")]
pub struct CreateTopicsRequest {
    pub topics: Vec<CreatableTopic>,
    #[field(default = 60_000)]
    pub timeout_ms: i32,
    pub validate_only: bool,
}

/// An element of `CreateTopicsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopic {
    pub name: String,
    pub num_partitions: i32,
    pub replication_factor: i16,
    pub assignments: Vec<CreatableReplicaAssignment>,
    pub configs: Vec<CreatableTopicConfig>,
}

/// An element of `CreatableTopic::assignments`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableReplicaAssignment {
    pub partition_index: i32,
    pub broker_ids: Vec<i32>,
}

/// An element of `CreatableTopic::configs`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicConfig {
    pub name: String,
    #[field(nullable = "0+")]
    pub value: Option<String>,
}

/// Response of CreateTopics.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = CreateTopics, versions = "2-7", flexible = "5+")]
pub struct CreateTopicsResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<CreatableTopicResult>,
}

/// An element of `CreateTopicsResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicResult {
    pub name: String,
    #[field(versions = "7+", ignorable)]
    pub topic_id: Uuid,
    pub error_code: i16,
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
    #[field(versions = "5+", tag = 0, ignorable)]
    pub topic_config_error_code: i16,
    #[field(versions = "5+", default = -1, ignorable)]
    pub num_partitions: i32,
    #[field(versions = "5+", default = -1, ignorable)]
    pub replication_factor: i16,
    #[field(versions = "5+", nullable = "5+", ignorable)]
    pub configs: Option<Vec<CreatableTopicConfigs>>,
}

/// An element of `CreatableTopicResult::configs`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicConfigs {
    pub name: String,
    #[field(nullable = "0+")]
    pub value: Option<String>,
    pub read_only: bool,
    #[field(default = -1)]
    pub config_source: i8,
    pub is_sensitive: bool,
}
