//! FindCoordinator: which broker coordinates a group or transactional id.

use crate::Message;

/// The request, key 10.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = FindCoordinator, response = FindCoordinatorResponse, versions = "0-6", flexible = "3+")]
pub struct FindCoordinatorRequest {
    #[field(versions = "0-3")]
    pub key: String,
    /// 0 group, 1 transactional id, 2 share group.
    #[field(versions = "1+")]
    pub key_type: i8,
    /// From version 4 on, instead of `key`.
    #[field(versions = "4+")]
    pub coordinator_keys: Vec<String>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = FindCoordinator, versions = "0-6", flexible = "3+")]
pub struct FindCoordinatorResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    #[field(versions = "0-3")]
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(versions = "1-3", nullable = "1-3", ignorable)]
    pub error_message: Option<String>,
    #[field(versions = "0-3")]
    pub node_id: i32,
    #[field(versions = "0-3")]
    pub host: String,
    #[field(versions = "0-3")]
    pub port: i32,
    /// From version 4 on, instead of the fields above.
    #[field(versions = "4+")]
    pub coordinators: Vec<Coordinator>,
}

/// An element of `FindCoordinatorResponse::coordinators`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Coordinator {
    pub key: String,
    pub node_id: i32,
    pub host: String,
    pub port: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
}
