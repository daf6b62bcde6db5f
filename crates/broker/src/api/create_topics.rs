//! CreateTopics: decided by the controller.

use std::sync::Arc;

use highwater_protocol::messages::create_topics::{
    CreatableTopicResult, CreateTopicsRequest, CreateTopicsResponse,
};

use super::ApiError;
use super::forward::{forward, timeout_of, wait_until_visible};
use crate::context::{BrokerContext, RequestContext};

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: CreateTopicsRequest,
    rc: &RequestContext,
) -> Result<CreateTopicsResponse, ApiError> {
    let response = match forward(ctx, &request, rc, timeout_of(request.timeout_ms)).await {
        Ok(response) => response,
        Err(error) => {
            let refused = |name| CreatableTopicResult {
                name,
                error_code: error.code.code(),
                error_message: Some(error.message.clone()),
                ..CreatableTopicResult::default()
            };
            return Ok(CreateTopicsResponse {
                topics: request
                    .topics
                    .into_iter()
                    .map(|t| refused(t.name))
                    .collect(),
                ..CreateTopicsResponse::default()
            });
        }
    };
    if !request.validate_only {
        wait_until_visible(ctx, |image| {
            let created = response.topics.iter().filter(|topic| topic.error_code == 0);
            created
                .into_iter()
                .all(|topic| image.topics().get(&topic.name).is_some())
        })
        .await;
    }
    Ok(response)
}
