//! From a partition in a request to the one that is hosted here, or to the error
//! that sends the client to the right place.

use std::sync::Arc;

use highwater_metadata::MetadataImage;
use highwater_protocol::ErrorCode;
use highwater_types::{NodeId, PartitionIndex, TopicId};

use crate::context::BrokerContext;
use crate::replica::{NotHosted, Partition};

/// Finds a hosted partition by its topic's name.
///
/// # Errors
/// `UNKNOWN_TOPIC_OR_PARTITION` if the cluster has none of that name,
/// `NOT_LEADER_OR_FOLLOWER` if it is elsewhere, `KAFKA_STORAGE_ERROR` if its log is
/// offline.
pub(super) fn by_name(
    ctx: &BrokerContext,
    topic: &str,
    partition: i32,
) -> Result<Arc<Partition>, ErrorCode> {
    let partition = PartitionIndex(partition);
    ctx.replicas.find(topic, partition).map_err(|why| {
        let image = ctx.metadata.image();
        match image.topics().partition(topic, partition) {
            Some(_) => why.error_code(),
            None => ErrorCode::UnknownTopicOrPartition,
        }
    })
}

/// Finds a hosted partition by its topic's id. KIP-516.
///
/// # Errors
/// As [`by_name`], and `UNKNOWN_TOPIC_ID` if the cluster has no such topic.
pub(super) fn by_id(
    ctx: &BrokerContext,
    topic_id: TopicId,
    partition: i32,
) -> Result<Arc<Partition>, ErrorCode> {
    let partition = PartitionIndex(partition);
    ctx.replicas.find_by_id(topic_id, partition).map_err(|why| {
        let image = ctx.metadata.image();
        match image.topics().get_by_id(topic_id) {
            None => ErrorCode::UnknownTopicId,
            Some(topic) if topic.partition(partition).is_none() => {
                ErrorCode::UnknownTopicOrPartition
            }
            Some(_) if why == NotHosted::InconsistentTopicId => ErrorCode::UnknownTopicId,
            Some(_) => why.error_code(),
        }
    })
}

/// Where a client finds a partition's leader. KIP-951.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeaderHint {
    pub leader: NodeId,
    pub leader_epoch: i32,
    pub endpoint: Option<LeaderEndpoint>,
}

/// The leader's address on the listener that the client uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeaderEndpoint {
    pub host: String,
    pub port: i32,
    pub rack: Option<String>,
}

impl LeaderHint {
    /// `None` if the cluster does not have the partition.
    pub(super) fn find(
        image: &MetadataImage,
        topic: &str,
        partition: i32,
        listener: &str,
    ) -> Option<Self> {
        let partition = image.topics().partition(topic, PartitionIndex(partition))?;
        let broker = image.cluster().broker(partition.leader);
        let endpoint = broker.and_then(|broker| {
            let endpoint = broker.endpoint(listener)?;
            Some(LeaderEndpoint {
                host: endpoint.host.clone(),
                port: endpoint.port.into(),
                rack: broker.rack.clone(),
            })
        });
        Some(Self {
            leader: partition.leader,
            leader_epoch: partition.leader_epoch.get(),
            endpoint,
        })
    }
}
