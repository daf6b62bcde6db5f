//! UpdateFeatures: finalizes features at other levels (KIP-584).

use crate::Message;

/// The request, key 57.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = UpdateFeatures, response = UpdateFeaturesResponse, versions = "0-2", flexible = "0+")]
pub struct UpdateFeaturesRequest {
    /// In milliseconds.
    #[field(default = 60000)]
    pub timeout_ms: i32,
    pub feature_updates: Vec<FeatureUpdateKey>,
    /// Checks alone, changes nothing.
    #[field(versions = "1+")]
    pub validate_only: bool,
}

/// An element of `UpdateFeaturesRequest::feature_updates`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FeatureUpdateKey {
    pub feature: String,
    /// The level to finalize; below 1 removes the feature.
    pub max_version_level: i16,
    /// In place of `upgrade_type` in version 0: also a lower level will do.
    #[field(versions = "0")]
    pub allow_downgrade: bool,
    /// 1 upgrade only, 2 also a downgrade that loses nothing, 3 any downgrade.
    #[field(versions = "1+", default = 1)]
    pub upgrade_type: i8,
}

/// The response.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(api = UpdateFeatures, versions = "0-2", flexible = "0+")]
pub struct UpdateFeaturesResponse {
    /// How long a quota held the request back, in milliseconds; 0 if none did.
    pub throttle_time_ms: i32,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
    /// One for each feature; from version 2 on all or nothing is done.
    #[field(versions = "0-1", ignorable)]
    pub results: Vec<UpdatableFeatureResult>,
}

/// An element of `UpdateFeaturesResponse::results`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct UpdatableFeatureResult {
    pub feature: String,
    /// An [`ErrorCode`](crate::ErrorCode).
    pub error_code: i16,
    /// Details for people; null if the code says it all.
    #[field(nullable = "0+")]
    pub error_message: Option<String>,
}
