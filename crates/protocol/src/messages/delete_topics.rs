//! DeleteTopics

use highwater_types::Uuid;

use crate::Message;

/// Request of DeleteTopics, key 20.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DeleteTopics, response = DeleteTopicsResponse, versions = "1-6", flexible = "4+")]
pub struct DeleteTopicsRequest {
    #[field(versions = "6+")]
    pub topics: Vec<DeleteTopicState>,
    #[field(versions = "0-5", ignorable)]
    pub topic_names: Vec<String>,
    pub timeout_ms: i32,
}

/// An element of `DeleteTopicsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteTopicState {
    #[field(nullable = "0+", default = null)]
    pub name: Option<String>,
    pub topic_id: Uuid,
}

/// Response of DeleteTopics.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DeleteTopics, versions = "1-6", flexible = "4+")]
pub struct DeleteTopicsResponse {
    pub throttle_time_ms: i32,
    pub responses: Vec<DeletableTopicResult>,
}

/// An element of `DeleteTopicsResponse::responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeletableTopicResult {
    #[field(nullable = "6+")]
    pub name: Option<String>,
    #[field(versions = "6+", ignorable)]
    pub topic_id: Uuid,
    pub error_code: i16,
    #[field(versions = "5+", nullable = "5+", default = null, ignorable)]
    pub error_message: Option<String>,
}
