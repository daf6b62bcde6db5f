//! ListConfigResources: what has configuration of its own (KIP-1142).

use crate::Message;

/// The request, key 74.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ListConfigResources, response = ListConfigResourcesResponse, versions = "0-1", flexible = "0+")]
pub struct ListConfigResourcesRequest {
    /// Empty for all of them.
    #[field(versions = "1+")]
    pub resource_types: Vec<i8>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ListConfigResources, versions = "0-1", flexible = "0+")]
pub struct ListConfigResourcesResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    pub config_resources: Vec<ConfigResource>,
}

/// An element of `ListConfigResourcesResponse::config_resources`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ConfigResource {
    /// A topic's name or a broker's id; empty for the default of all brokers.
    pub resource_name: String,
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    #[field(versions = "1+", default = 16, ignorable)]
    pub resource_type: i8,
}
