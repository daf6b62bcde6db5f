//! Metadata: brokers, topics, and who leads what.

use std::sync::Arc;

use highwater_metadata::MetadataImage;
use highwater_metadata::image::TopicImage;
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseBroker,
    MetadataResponsePartition, MetadataResponseTopic,
};
use highwater_types::{TopicId, TopicName, validate_topic_name};

use super::auto_create::create_missing;
use super::partition_view::{PartitionView, ViewRules};
use super::{ApiError, operations};
use crate::context::{BrokerContext, RequestContext};
use crate::internal_topics::is_internal;

/// The first version in which a client can ask for a topic by its id.
const BY_ID_VERSION: i16 = 12;

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: MetadataRequest,
    rc: &RequestContext,
) -> Result<MetadataResponse, ApiError> {
    let mut image = ctx.metadata.image();
    let topics = match &request.topics {
        // Version 0 has no null: there an empty list asks for every topic.
        Some(topics) if rc.api_version > 0 || !topics.is_empty() => {
            if is_ahead_of_its_version(topics, rc.api_version) {
                let refused = topics.iter().map(|topic| MetadataResponseTopic {
                    // The name can not be null in these versions.
                    name: Some(topic.name.clone().unwrap_or_default()),
                    ..failed(ErrorCode::InvalidRequest, None, TopicId(topic.topic_id))
                });
                let refused = refused.collect();
                return Ok(respond(ctx, &image, &request, rc, refused));
            }
            let mut refusals = Vec::new();
            if request.allow_auto_topic_creation && ctx.config.auto_create_topics.enabled {
                let missing = missing_topics(&image, topics);
                if !missing.is_empty() {
                    refusals = create_missing(ctx, missing, rc).await;
                    image = ctx.metadata.image();
                }
            }
            let mut answers: Vec<MetadataResponseTopic> = Vec::with_capacity(topics.len());
            for topic in distinct(topics) {
                answers.push(describe_asked(&image, topic, &refusals, rc));
            }
            answers
        }
        _ => image
            .topics()
            .iter()
            .map(|topic| describe(&image, topic, rc))
            .collect(),
    };
    Ok(respond(ctx, &image, &request, rc, topics))
}

/// Whether a topic is asked for by id in a version that only has the field, KIP-516.
fn is_ahead_of_its_version(topics: &[MetadataRequestTopic], version: i16) -> bool {
    let by_id = |topic: &MetadataRequestTopic| topic.name.is_none() || !is_zero(topic);
    version < BY_ID_VERSION && topics.iter().any(by_id)
}

fn is_zero(topic: &MetadataRequestTopic) -> bool {
    TopicId(topic.topic_id).is_zero()
}

/// Topics asked for by name that could be created, in the order asked.
fn missing_topics(image: &MetadataImage, topics: &[MetadataRequestTopic]) -> Vec<String> {
    let names = distinct(topics).filter(|topic| is_zero(topic));
    names
        .filter_map(|topic| topic.name.as_deref())
        .filter(|name| {
            // Internal topics are created by those who use them, with their own settings.
            image.topics().get(name).is_none()
                && validate_topic_name(name).is_ok()
                && !is_internal(name)
        })
        .map(str::to_owned)
        .collect()
}

/// Each topic once, where it was first asked for.
fn distinct(topics: &[MetadataRequestTopic]) -> impl Iterator<Item = &MetadataRequestTopic> {
    let mut seen = std::collections::BTreeSet::new();
    topics
        .iter()
        .filter(move |topic| seen.insert((topic.topic_id, topic.name.as_deref())))
}

fn describe_asked(
    image: &MetadataImage,
    asked: &MetadataRequestTopic,
    refusals: &[(String, ErrorCode)],
    rc: &RequestContext,
) -> MetadataResponseTopic {
    let id = TopicId(asked.topic_id);
    if !id.is_zero() {
        return match image.topics().get_by_id(id) {
            Some(topic) => describe(image, topic, rc),
            None => failed(ErrorCode::UnknownTopicId, None, id),
        };
    }
    let name = asked.name.as_deref().unwrap_or_default();
    if let Some(topic) = image.topics().get(name) {
        return describe(image, topic, rc);
    }
    let code = if validate_topic_name(name).is_err() {
        ErrorCode::InvalidTopicException
    } else {
        let refusal = refusals.iter().find(|(refused, _)| refused == name);
        refusal.map_or(ErrorCode::UnknownTopicOrPartition, |(_, code)| *code)
    };
    failed(code, Some(name), TopicId::ZERO)
}

fn failed(code: ErrorCode, name: Option<&str>, id: TopicId) -> MetadataResponseTopic {
    MetadataResponseTopic {
        error_code: code.code(),
        name: name.map(str::to_owned),
        topic_id: id.0,
        is_internal: name.is_some_and(is_internal),
        ..MetadataResponseTopic::default()
    }
}

fn describe(
    image: &MetadataImage,
    topic: &TopicImage,
    rc: &RequestContext,
) -> MetadataResponseTopic {
    let name: &TopicName = topic.name();
    let rules = ViewRules {
        hide_dead_replicas: rc.api_version == 0,
        name_missing_listeners: rc.api_version >= 6,
    };
    let partitions = topic.partitions().map(|(index, partition)| {
        let view = PartitionView::of(image, partition, &rc.listener, rules);
        MetadataResponsePartition {
            error_code: view.error.code(),
            partition_index: index.get(),
            leader_id: view.leader,
            leader_epoch: view.leader_epoch,
            replica_nodes: view.replicas,
            isr_nodes: view.isr,
            offline_replicas: view.offline_replicas,
        }
    });
    MetadataResponseTopic {
        error_code: ErrorCode::None.code(),
        name: Some(name.to_string()),
        topic_id: topic.id().0,
        is_internal: is_internal(name.as_str()),
        partitions: partitions.collect(),
        ..MetadataResponseTopic::default()
    }
}

fn respond(
    ctx: &BrokerContext,
    image: &MetadataImage,
    request: &MetadataRequest,
    rc: &RequestContext,
    mut topics: Vec<MetadataResponseTopic>,
) -> MetadataResponse {
    if request.include_topic_authorized_operations {
        for topic in topics.iter_mut().filter(|topic| topic.error_code == 0) {
            topic.topic_authorized_operations = operations::ON_TOPIC;
        }
    }
    let brokers = image.cluster().unfenced().filter_map(|broker| {
        let endpoint = broker.endpoint(&rc.listener)?;
        Some(MetadataResponseBroker {
            node_id: broker.id.get(),
            host: endpoint.host.clone(),
            port: i32::from(endpoint.port),
            rack: broker.rack.clone(),
        })
    });
    let cluster_authorized_operations = if request.include_cluster_authorized_operations {
        operations::ON_CLUSTER
    } else {
        operations::NOT_ASKED
    };
    MetadataResponse {
        brokers: brokers.collect(),
        cluster_id: Some(ctx.config.cluster_id.to_string()),
        controller_id: ctx.controller_id_for_clients(image).get(),
        topics,
        cluster_authorized_operations,
        ..MetadataResponse::default()
    }
}
