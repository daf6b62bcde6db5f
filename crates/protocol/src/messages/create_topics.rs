//! CreateTopics: new topics.

use highwater_types::Uuid;

use crate::Message;

/// The request, key 19.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = CreateTopics, response = CreateTopicsResponse, versions = "2-7", flexible = "5+")]
pub struct CreateTopicsRequest {
    pub topics: Vec<CreatableTopic>,
    /// How long to wait for completion, in milliseconds.
    #[field(default = 60_000)]
    pub timeout_ms: i32,
    /// Check everything, change nothing.
    pub validate_only: bool,
}

/// An element of `CreateTopicsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopic {
    pub name: String,
    /// -1 for the broker's default, or if `assignments` are given.
    pub num_partitions: i32,
    /// -1 for the broker's default, or if `assignments` are given.
    pub replication_factor: i16,
    /// Replicas chosen by hand; empty to leave it to the controller.
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

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = CreateTopics, versions = "2-7", flexible = "5+")]
pub struct CreateTopicsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    pub topics: Vec<CreatableTopicResult>,
}

/// An element of `CreateTopicsResponse::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicResult {
    pub name: String,
    /// All zeros for "no id" (KIP-516).
    #[field(versions = "7+", ignorable)]
    pub topic_id: Uuid,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
    /// Why `configs` is missing, an [`ErrorCode`](crate::ErrorCode).
    #[field(versions = "5+", tag = 0, ignorable)]
    pub topic_config_error_code: i16,
    /// -1 after an error.
    #[field(versions = "5+", default = -1, ignorable)]
    pub num_partitions: i32,
    /// -1 after an error.
    #[field(versions = "5+", default = -1, ignorable)]
    pub replication_factor: i16,
    /// Null if they may not be seen.
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
    /// 1 topic, 2 one broker, 3 all brokers, 4 properties file, 5 default.
    #[field(default = -1)]
    pub config_source: i8,
    pub is_sensitive: bool,
}
