//! DescribeTopicPartitions: topics in pages. KIP-966.

use std::sync::Arc;

use highwater_metadata::MetadataImage;
use highwater_metadata::image::TopicImage;
use highwater_protocol::ErrorCode;
use highwater_protocol::messages::describe_topic_partitions::{
    Cursor, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};
use highwater_types::{NodeId, PartitionIndex, TopicId, validate_topic_name};

use super::partition_view::{PartitionView, ViewRules};
use super::{ApiError, operations};
use crate::context::{BrokerContext, RequestContext};
use crate::internal_topics::is_internal;

/// `max.request.partition.size.limit`: partitions in one answer.
const PARTITIONS_MAX: i32 = 2000;

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: DescribeTopicPartitionsRequest,
    rc: &RequestContext,
) -> Result<DescribeTopicPartitionsResponse, ApiError> {
    let image = ctx.metadata.image();
    Ok(describe(&image, &request, &rc.listener))
}

fn describe(
    image: &MetadataImage,
    request: &DescribeTopicPartitionsRequest,
    listener: &str,
) -> DescribeTopicPartitionsResponse {
    if let Some(cursor) = &request.cursor
        && cursor.partition_index < 0
    {
        return refusal(request, ErrorCode::InvalidRequest);
    }
    let (from, partition) = match &request.cursor {
        Some(cursor) => (cursor.topic_name.as_str(), cursor.partition_index),
        None => ("", 0),
    };
    let mut page = Page {
        image,
        listener,
        room: request.response_partition_limit.clamp(1, PARTITIONS_MAX) as usize,
        response: DescribeTopicPartitionsResponse::default(),
    };
    let start = |name: &str| if name == from { partition } else { 0 };
    if request.topics.is_empty() {
        for topic in image.topics().iter_from(from) {
            let name = topic.name().as_str();
            if !page.add(name, Some(topic), start(name)) {
                break;
            }
        }
    } else {
        let mut names: Vec<&str> = request.topics.iter().map(|t| t.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names.into_iter().filter(|name| *name >= from) {
            if !page.add(name, image.topics().get(name), start(name)) {
                break;
            }
        }
    }
    page.response
}

/// An answer that is filled until there is no room.
struct Page<'a> {
    image: &'a MetadataImage,
    listener: &'a str,
    /// Partitions that still fit.
    room: usize,
    response: DescribeTopicPartitionsResponse,
}

impl Page<'_> {
    /// Adds a topic from one of its partitions on; false once the page is full, with
    /// the cursor set to what did not fit.
    fn add(&mut self, name: &str, topic: Option<&Arc<TopicImage>>, from: i32) -> bool {
        if self.room == 0 {
            self.response.next_cursor = Some(cursor(name, 0));
            return false;
        }
        let Some(topic) = topic else {
            self.response.topics.push(unknown(name));
            return true;
        };
        let mut answer = DescribeTopicPartitionsResponseTopic {
            name: Some(name.into()),
            topic_id: topic.id().0,
            is_internal: is_internal(name),
            topic_authorized_operations: operations::ON_TOPIC,
            ..DescribeTopicPartitionsResponseTopic::default()
        };
        let end = i32::try_from(topic.partition_count()).unwrap_or(i32::MAX);
        for index in from..end {
            if self.room == 0 {
                self.response.next_cursor = Some(cursor(name, index));
                break;
            }
            answer.partitions.extend(self.partition(topic, index));
            self.room -= 1;
        }
        self.response.topics.push(answer);
        self.response.next_cursor.is_none()
    }

    fn partition(
        &self,
        topic: &TopicImage,
        index: i32,
    ) -> Option<DescribeTopicPartitionsResponsePartition> {
        let partition = topic.partition(PartitionIndex(index))?;
        let rules = ViewRules {
            name_missing_listeners: true,
            ..ViewRules::default()
        };
        let view = PartitionView::of(self.image, partition, self.listener, rules);
        let ids = |ids: &[NodeId]| Some(ids.iter().map(|id| id.get()).collect());
        Some(DescribeTopicPartitionsResponsePartition {
            error_code: view.error.code(),
            partition_index: index,
            leader_id: view.leader,
            leader_epoch: view.leader_epoch,
            replica_nodes: view.replicas,
            isr_nodes: view.isr,
            eligible_leader_replicas: ids(&partition.elr),
            last_known_elr: ids(&partition.last_known_elr),
            offline_replicas: view.offline_replicas,
        })
    }
}

fn cursor(name: &str, partition_index: i32) -> Cursor {
    Cursor {
        topic_name: name.into(),
        partition_index,
    }
}

fn unknown(name: &str) -> DescribeTopicPartitionsResponseTopic {
    let code = match validate_topic_name(name) {
        Ok(()) => ErrorCode::UnknownTopicOrPartition,
        Err(_) => ErrorCode::InvalidTopicException,
    };
    DescribeTopicPartitionsResponseTopic {
        error_code: code.code(),
        name: Some(name.into()),
        topic_id: TopicId::ZERO.0,
        is_internal: is_internal(name),
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}

fn refusal(
    request: &DescribeTopicPartitionsRequest,
    code: ErrorCode,
) -> DescribeTopicPartitionsResponse {
    let refused = |name: &String| DescribeTopicPartitionsResponseTopic {
        error_code: code.code(),
        name: Some(name.clone()),
        ..DescribeTopicPartitionsResponseTopic::default()
    };
    DescribeTopicPartitionsResponse {
        topics: request
            .topics
            .iter()
            .map(|topic| refused(&topic.name))
            .collect(),
        ..DescribeTopicPartitionsResponse::default()
    }
}
