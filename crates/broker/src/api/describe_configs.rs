//! DescribeConfigs: values in effect and where they come from. KIP-133, KIP-226.

use std::sync::Arc;

use highwater_metadata::MetadataImage;
use highwater_metadata::config::{
    ConfigEntry, describe_all_brokers, describe_broker, describe_topic,
};
use highwater_metadata::image::ConfigResourceType;
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult,
    DescribeConfigsResponse, DescribeConfigsResult, DescribeConfigsSynonym,
};
use highwater_types::validate_topic_name;

use super::ApiError;
use crate::context::{BrokerContext, RequestContext};
use crate::metadata::BrokerConfigs;

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: DescribeConfigsRequest,
    _: &RequestContext,
) -> Result<DescribeConfigsResponse, ApiError> {
    let image = ctx.metadata.image();
    let results = request.resources.iter().map(|resource| {
        let mut result = DescribeConfigsResult {
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
            ..DescribeConfigsResult::default()
        };
        match entries(ctx, &image, resource) {
            Ok(entries) => {
                let wanted = entries
                    .into_iter()
                    .filter(|entry| is_wanted(resource, entry));
                result.configs = wanted.map(|entry| shown(entry, &request)).collect();
            }
            Err((code, message)) => {
                result.error_code = code.code();
                result.error_message = Some(message);
            }
        }
        result
    });
    Ok(DescribeConfigsResponse {
        results: results.collect(),
        ..DescribeConfigsResponse::default()
    })
}

/// All configs of one resource.
fn entries(
    ctx: &BrokerContext,
    image: &MetadataImage,
    resource: &DescribeConfigsResource,
) -> Result<Vec<ConfigEntry>, (ErrorCode, String)> {
    let name = resource.resource_name.as_str();
    let configs = BrokerConfigs::of(image, ctx.config.node_id);
    let layers = configs.layers(&ctx.config.properties);
    let invalid = |message: String| Err((ErrorCode::InvalidRequest, message));
    match ConfigResourceType::from_code(resource.resource_type) {
        Some(ConfigResourceType::Topic) => {
            validate_topic_name(name)
                .map_err(|error| (ErrorCode::InvalidTopicException, error.0))?;
            if image.topics().get(name).is_none() {
                let code = ErrorCode::UnknownTopicOrPartition;
                return Err((code, code.message().into()));
            }
            Ok(describe_topic(&image.configs().of_topic(name), layers))
        }
        Some(ConfigResourceType::Broker) if name.is_empty() => Ok(describe_all_brokers(layers)),
        Some(ConfigResourceType::Broker) => match name.parse::<i32>() {
            Ok(id) if id == ctx.config.node_id.get() => Ok(describe_broker(layers)),
            Ok(id) => invalid(format!(
                "Unexpected broker id, expected {} or empty string, but received {id}",
                ctx.config.node_id
            )),
            Err(_) => invalid(format!("Broker id must be an integer, but it is: {name}")),
        },
        Some(
            other @ (ConfigResourceType::BrokerLogger
            | ConfigResourceType::ClientMetrics
            | ConfigResourceType::Group),
        ) => invalid(format!("configs of {} are not supported", other.name())),
        None => invalid(format!(
            "Unsupported resource type: {}",
            resource.resource_type
        )),
    }
}

fn is_wanted(resource: &DescribeConfigsResource, entry: &ConfigEntry) -> bool {
    match &resource.configuration_keys {
        Some(names) if !names.is_empty() => names.contains(&entry.name),
        _ => true,
    }
}

fn shown(entry: ConfigEntry, request: &DescribeConfigsRequest) -> DescribeConfigsResourceResult {
    let synonyms = entry
        .synonyms
        .into_iter()
        .filter(|_| request.include_synonyms);
    let synonyms = synonyms.map(|synonym| DescribeConfigsSynonym {
        name: synonym.name,
        value: synonym.value,
        source: synonym.source as i8,
    });
    DescribeConfigsResourceResult {
        name: entry.name,
        value: entry.value,
        read_only: entry.read_only,
        config_source: entry.source as i8,
        is_sensitive: entry.sensitive,
        synonyms: synonyms.collect(),
        config_type: entry.kind.map_or(0, |kind| kind.wire_id()),
        documentation: entry
            .doc
            .filter(|_| request.include_documentation)
            .map(str::to_owned),
    }
}
