//! ApiVersions: what a broker serves; a client's first request.

use crate::Message;

/// The request, key 18.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ApiVersions, response = ApiVersionsResponse, versions = "0-4", flexible = "3+")]
pub struct ApiVersionsRequest {
    #[field(versions = "3+", ignorable)]
    pub client_software_name: String,
    #[field(versions = "3+", ignorable)]
    pub client_software_version: String,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = ApiVersions, versions = "0-4", flexible = "3+")]
pub struct ApiVersionsResponse {
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    pub api_keys: Vec<ApiVersion>,
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    #[field(versions = "3+", tag = 0, ignorable)]
    pub supported_features: Vec<SupportedFeatureKey>,
    /// -1 if not known.
    #[field(versions = "3+", tag = 1, default = -1, ignorable)]
    pub finalized_features_epoch: i64,
    #[field(versions = "3+", tag = 2, ignorable)]
    pub finalized_features: Vec<FinalizedFeatureKey>,
    /// Always false: ZooKeeper is gone.
    #[field(versions = "3+", tag = 3, ignorable)]
    pub zk_migration_ready: bool,
}

/// An element of `ApiVersionsResponse::api_keys`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ApiVersion {
    pub api_key: i16,
    pub min_version: i16,
    pub max_version: i16,
}

/// An element of `ApiVersionsResponse::supported_features`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SupportedFeatureKey {
    pub name: String,
    pub min_version: i16,
    pub max_version: i16,
}

/// An element of `ApiVersionsResponse::finalized_features`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FinalizedFeatureKey {
    pub name: String,
    pub max_version_level: i16,
    pub min_version_level: i16,
}
