//! IncrementalAlterConfigs: changes single configs; decided by the controller. KIP-339.

use std::sync::Arc;

use highwater_metadata::image::{ConfigResource, ConfigResourceType};
use highwater_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};

use super::ApiError;
use super::forward::{TIMEOUT_DEFAULT, forward, wait_until_visible};
use crate::context::{BrokerContext, RequestContext};

const SET: i8 = 0;
const DELETE: i8 = 1;

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: IncrementalAlterConfigsRequest,
    rc: &RequestContext,
) -> Result<IncrementalAlterConfigsResponse, ApiError> {
    let response = match forward(ctx, &request, rc, TIMEOUT_DEFAULT).await {
        Ok(response) => response,
        Err(error) => {
            let refused = |resource: AlterConfigsResource| AlterConfigsResourceResponse {
                error_code: error.code.code(),
                error_message: Some(error.message.clone()),
                resource_type: resource.resource_type,
                resource_name: resource.resource_name,
            };
            return Ok(IncrementalAlterConfigsResponse {
                responses: request.resources.into_iter().map(refused).collect(),
                ..IncrementalAlterConfigsResponse::default()
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
                resource.configs.iter().all(|config| {
                    let now = image.configs().value(&key, &config.name);
                    match config.config_operation {
                        SET => now == config.value.as_deref(),
                        DELETE => now.is_none(),
                        // What a list becomes is the controller's to say.
                        _ => true,
                    }
                })
            })
        })
        .await;
    }
    Ok(response)
}
