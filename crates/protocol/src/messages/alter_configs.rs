//! AlterConfigs: replace all of a resource's configuration.

use crate::Message;

/// The request, key 33.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AlterConfigs, response = AlterConfigsResponse, versions = "0-2", flexible = "2+")]
pub struct AlterConfigsRequest {
    pub resources: Vec<AlterConfigsResource>,
    /// Check everything, change nothing.
    pub validate_only: bool,
}

/// An element of `AlterConfigsRequest::resources`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResource {
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// A topic's name or a broker's id; empty for the default of all brokers.
    pub resource_name: String,
    pub configs: Vec<AlterableConfig>,
}

/// An element of `AlterConfigsResource::configs`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterableConfig {
    pub name: String,
    /// Null to remove the setting.
    #[field(nullable = "0+")]
    pub value: Option<String>,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AlterConfigs, versions = "0-2", flexible = "2+")]
pub struct AlterConfigsResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    pub responses: Vec<AlterConfigsResourceResponse>,
}

/// An element of `AlterConfigsResponse::responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResourceResponse {
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// A topic's name or a broker's id; empty for the default of all brokers.
    pub resource_name: String,
}
