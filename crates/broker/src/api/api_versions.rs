//! ApiVersions: what this broker speaks.

use std::sync::Arc;

use highwater_protocol::ErrorCode;
use highwater_protocol::api::{self, ApiKey, served_versions};
use highwater_protocol::messages::api_versions::{
    ApiVersion, ApiVersionsRequest, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
};

use super::ApiError;
use crate::context::{BrokerContext, RequestContext};
use crate::features::SUPPORTED_FEATURES;

/// Versions before this one can not say that a feature may be off. KIP-1022.
const FEATURES_FROM_ZERO_VERSION: i16 = 4;

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: ApiVersionsRequest,
    rc: &RequestContext,
) -> Result<ApiVersionsResponse, ApiError> {
    if rc.api_version >= 3 && !is_valid(&request) {
        return Ok(ApiVersionsResponse {
            error_code: ErrorCode::InvalidRequest.code(),
            ..ApiVersionsResponse::default()
        });
    }
    let image = ctx.metadata.image();
    let supported = SUPPORTED_FEATURES
        .iter()
        .filter(|feature| feature.min > 0 || rc.api_version >= FEATURES_FROM_ZERO_VERSION)
        .map(|feature| SupportedFeatureKey {
            name: feature.name.into(),
            min_version: feature.min,
            max_version: feature.max,
        });
    let finalized = image
        .features()
        .iter()
        .map(|(name, level)| FinalizedFeatureKey {
            name: name.into(),
            min_version_level: level,
            max_version_level: level,
        });
    Ok(ApiVersionsResponse {
        api_keys: api::all_served()
            .filter(|versions| versions.on_broker())
            .map(range)
            .collect(),
        supported_features: supported.collect(),
        finalized_features: finalized.collect(),
        finalized_features_epoch: image.last_offset().get(),
        ..ApiVersionsResponse::default()
    })
}

/// The answer to a version that is not served: which ones are. KIP-511.
pub(super) fn unsupported_version() -> ApiVersionsResponse {
    ApiVersionsResponse {
        error_code: ErrorCode::UnsupportedVersion.code(),
        api_keys: served_versions(ApiKey::ApiVersions)
            .map(range)
            .into_iter()
            .collect(),
        ..ApiVersionsResponse::default()
    }
}

fn range(versions: &api::ApiVersions) -> ApiVersion {
    ApiVersion {
        api_key: versions.key.code(),
        min_version: versions.advertised_min(),
        max_version: versions.max,
    }
}

/// Whether the client's software has a name and a version that Kafka accepts. KIP-511.
fn is_valid(request: &ApiVersionsRequest) -> bool {
    [
        &request.client_software_name,
        &request.client_software_version,
    ]
    .into_iter()
    .all(|text| {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        edge(text.chars().next())
            && edge(text.chars().next_back())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_names_follow_kafkas_rule() {
        let valid = |name: &str, version: &str| {
            is_valid(&ApiVersionsRequest {
                client_software_name: name.into(),
                client_software_version: version.into(),
            })
        };
        assert!(valid("apache-kafka-java", "4.1.0"));
        assert!(valid("a", "0"));
        for bad in ["", "-a", "a-", "a b", ".", "ä"] {
            assert!(!valid(bad, "1"), "{bad}");
            assert!(!valid("a", bad), "{bad}");
        }
    }

    #[test]
    fn an_unknown_version_is_answered_with_the_known_ones() {
        let response = unsupported_version();
        assert_eq!(response.error_code, 35);
        let keys: Vec<_> = response.api_keys.iter().map(|key| key.api_key).collect();
        assert_eq!(keys, [18]);
    }
}
