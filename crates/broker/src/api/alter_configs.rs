//! AlterConfigs: replaces what is set on a resource; decided by the controller.

use std::sync::Arc;

use highwater_metadata::image::{ConfigResource, ConfigResourceType};
use highwater_protocol::messages::alter_configs::{
    AlterConfigsRequest, AlterConfigsResource, AlterConfigsResourceResponse, AlterConfigsResponse,
};

use super::ApiError;
use super::forward::{TIMEOUT_DEFAULT, forward, wait_until_visible};
use crate::context::{BrokerContext, RequestContext};

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: AlterConfigsRequest,
    rc: &RequestContext,
) -> Result<AlterConfigsResponse, ApiError> {
    let response = match forward(ctx, &request, rc, TIMEOUT_DEFAULT).await {
        Ok(response) => response,
        Err(error) => {
            let refused = |resource: AlterConfigsResource| AlterConfigsResourceResponse {
                error_code: error.code.code(),
                error_message: Some(error.message.clone()),
                resource_type: resource.resource_type,
                resource_name: resource.resource_name,
            };
            return Ok(AlterConfigsResponse {
                responses: request.resources.into_iter().map(refused).collect(),
                ..AlterConfigsResponse::default()
            });
        }
    };
    let all_done = response.responses.iter().all(|done| done.error_code == 0);
    if all_done && !request.validate_only {
        wait_until_visible(ctx, |image| {
            request.resources.iter().all(|resource| {
                let Some(resource_type) = ConfigResourceType::from_code(resource.resource_type)
                else {
                    return true;
                };
                let key = ConfigResource {
                    resource_type,
                    name: resource.resource_name.clone(),
                };
                let set = resource
                    .configs
                    .iter()
                    .filter(|config| config.value.is_some());
                let count = image.configs().get(&key).map_or(0, |configs| configs.len());
                set.clone().count() == count
                    && set.into_iter().all(|config| {
                        image.configs().value(&key, &config.name) == config.value.as_deref()
                    })
            })
        })
        .await;
    }
    Ok(response)
}
