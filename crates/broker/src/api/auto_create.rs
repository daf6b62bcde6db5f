//! Topics that come into being because a client asked for them.

use std::sync::Arc;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::create_topics::{CreatableTopic, CreateTopicsRequest};

use super::forward::{forward, timeout_of, wait_until_visible};
use crate::context::{BrokerContext, RequestContext};

/// The version of CreateTopics in which the controller is asked.
const CREATE_TOPICS_VERSION: i16 = 7;
/// A client's metadata request does not wait longer than this for new topics; it
/// will ask again.
const TIMEOUT_MS: i32 = 5000;

/// Creates topics with the broker's defaults, and waits until this broker knows
/// them. Returns those that there still are not, with what the client is told.
pub(super) async fn create_missing(
    ctx: &Arc<BrokerContext>,
    names: Vec<String>,
    rc: &RequestContext,
) -> Vec<(String, ErrorCode)> {
    let defaults = &ctx.config.auto_create_topics;
    let topic = |name: &String| CreatableTopic {
        name: name.clone(),
        num_partitions: defaults.partitions,
        replication_factor: defaults.replication_factor,
        ..CreatableTopic::default()
    };
    let request = CreateTopicsRequest {
        topics: names.iter().map(topic).collect(),
        timeout_ms: TIMEOUT_MS,
        validate_only: false,
    };
    let rc = RequestContext {
        api_version: CREATE_TOPICS_VERSION,
        ..rc.clone()
    };
    let response = match forward(ctx, &request, &rc, timeout_of(TIMEOUT_MS)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!("topics {names:?} could not be created: {}", error.message);
            let later = |name| (name, ErrorCode::LeaderNotAvailable);
            return names.into_iter().map(later).collect();
        }
    };
    let mut refusals = Vec::new();
    let mut expected = Vec::new();
    for topic in response.topics {
        match ErrorCode::from_code(topic.error_code) {
            ErrorCode::None | ErrorCode::TopicAlreadyExists => expected.push(topic.name),
            code => {
                let reason = topic.error_message.unwrap_or_default();
                tracing::info!("topic {} is not created: {reason}", topic.name);
                refusals.push((topic.name, code));
            }
        }
    }
    wait_until_visible(ctx, |image| {
        expected
            .iter()
            .all(|name| image.topics().get(name).is_some())
    })
    .await;
    // Where it took too long, the client finds it when it asks again.
    refusals.extend(
        expected
            .into_iter()
            .map(|name| (name, ErrorCode::LeaderNotAvailable)),
    );
    refusals
}
