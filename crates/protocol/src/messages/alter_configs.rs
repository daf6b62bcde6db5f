//! AlterConfigs

use crate::Message;

/// Request of AlterConfigs, key 33.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AlterConfigs, response = AlterConfigsResponse, versions = "0-2", flexible = "2+")]
pub struct AlterConfigsRequest {
    pub resources: Vec<AlterConfigsResource>,
    pub validate_only: bool,
}

/// An element of `AlterConfigsRequest::resources`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResource {
    pub resource_type: i8,
    pub resource_name: String,
    pub configs: Vec<AlterableConfig>,
}

/// An element of `AlterConfigsResource::configs`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterableConfig {
    pub name: String,
    #[field(nullable = "0+")]
    pub value: Option<String>,
}

/// Response of AlterConfigs.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = AlterConfigs, versions = "0-2", flexible = "2+")]
pub struct AlterConfigsResponse {
    pub throttle_time_ms: i32,
    pub responses: Vec<AlterConfigsResourceResponse>,
}

/// An element of `AlterConfigsResponse::responses`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResourceResponse {
    pub error_code: i16,
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
    pub resource_type: i8,
    pub resource_name: String,
}
