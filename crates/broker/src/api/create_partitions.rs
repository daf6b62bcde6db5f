//! CreatePartitions: decided by the controller. KIP-195.

use std::collections::BTreeMap;
use std::sync::Arc;

use highwater_protocol::messages::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsTopicResult,
};

use super::ApiError;
use super::forward::{forward, timeout_of, wait_until_visible};
use crate::context::{BrokerContext, RequestContext};

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: CreatePartitionsRequest,
    rc: &RequestContext,
) -> Result<CreatePartitionsResponse, ApiError> {
    let response = match forward(ctx, &request, rc, timeout_of(request.timeout_ms)).await {
        Ok(response) => response,
        Err(error) => {
            let refused = |name| CreatePartitionsTopicResult {
                name,
                error_code: error.code.code(),
                error_message: Some(error.message.clone()),
            };
            return Ok(CreatePartitionsResponse {
                results: request
                    .topics
                    .into_iter()
                    .map(|t| refused(t.name))
                    .collect(),
                ..CreatePartitionsResponse::default()
            });
        }
    };
    if !request.validate_only {
        let wanted: BTreeMap<&str, i32> = request
            .topics
            .iter()
            .map(|topic| (topic.name.as_str(), topic.count))
            .collect();
        wait_until_visible(ctx, |image| {
            let grown = response
                .results
                .iter()
                .filter(|topic| topic.error_code == 0);
            grown.into_iter().all(|topic| {
                let count = wanted.get(topic.name.as_str()).copied().unwrap_or(0);
                let known = image.topics().get(&topic.name);
                known.is_some_and(|topic| topic.partition_count() as i64 >= i64::from(count))
            })
        })
        .await;
    }
    Ok(response)
}
