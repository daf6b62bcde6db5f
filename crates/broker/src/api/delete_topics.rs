//! DeleteTopics: decided by the controller.

use std::sync::Arc;

use highwater_protocol::messages::delete_topics::{
    DeletableTopicResult, DeleteTopicsRequest, DeleteTopicsResponse,
};
use highwater_types::{TopicId, Uuid};

use super::ApiError;
use super::forward::{forward, timeout_of, wait_until_visible};
use crate::context::{BrokerContext, RequestContext};

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: DeleteTopicsRequest,
    rc: &RequestContext,
) -> Result<DeleteTopicsResponse, ApiError> {
    let before = ctx.metadata.image();
    let response = match forward(ctx, &request, rc, timeout_of(request.timeout_ms)).await {
        Ok(response) => response,
        Err(error) => {
            let by_name = request
                .topic_names
                .into_iter()
                .map(|name| (Some(name), Uuid::ZERO));
            let by_either = request
                .topics
                .into_iter()
                .map(|topic| (topic.name, topic.topic_id));
            let refused = |(name, topic_id)| DeletableTopicResult {
                name,
                topic_id,
                error_code: error.code.code(),
                error_message: Some(error.message.clone()),
            };
            return Ok(DeleteTopicsResponse {
                responses: by_name.chain(by_either).map(refused).collect(),
                ..DeleteTopicsResponse::default()
            });
        }
    };
    // By id: a topic of the same name may be there again at once.
    let deleted: Vec<TopicId> = response
        .responses
        .iter()
        .filter(|topic| topic.error_code == 0)
        .filter_map(|topic| {
            let by_id = before.topics().get_by_id(TopicId(topic.topic_id));
            let by_name = || before.topics().get(topic.name.as_deref()?);
            by_id.or_else(by_name).map(|topic| topic.id())
        })
        .collect();
    wait_until_visible(ctx, |image| {
        deleted
            .iter()
            .all(|id| image.topics().get_by_id(*id).is_none())
    })
    .await;
    Ok(response)
}
