//! DeleteTopics: topics that go, by name or id.

use highwater_types::Uuid;

use crate::Message;

/// The request, key 20.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DeleteTopics, response = DeleteTopicsResponse, versions = "1-6", flexible = "4+")]
pub struct DeleteTopicsRequest {
    /// By name or id, from version 6 on; before that see `topic_names`.
    #[field(versions = "6+")]
    pub topics: Vec<DeleteTopicState>,
    #[field(versions = "0-5", ignorable)]
    pub topic_names: Vec<String>,
    /// How long to wait for completion, in milliseconds.
    pub timeout_ms: i32,
}

/// An element of `DeleteTopicsRequest::topics`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteTopicState {
    /// Null to name the topic by its id.
    #[field(nullable = "0+", default = null)]
    pub name: Option<String>,
    /// All zeros for "no id" (KIP-516).
    pub topic_id: Uuid,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = DeleteTopics, versions = "1-6", flexible = "4+")]
pub struct DeleteTopicsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    pub responses: Vec<DeletableTopicResult>,
}

/// An element of `DeleteTopicsResponse::responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeletableTopicResult {
    /// Null if an unknown id was asked for.
    #[field(nullable = "6+")]
    pub name: Option<String>,
    /// All zeros for "no id" (KIP-516).
    #[field(versions = "6+", ignorable)]
    pub topic_id: Uuid,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(versions = "5+", nullable = "5+", default = null, ignorable)]
    pub error_message: Option<String>,
}
