//! How a record changes an image: the only way in which one changes.

use std::collections::BTreeMap;

use highwater_protocol::messages::metadata_records::{
    BrokerRegistrationChangeRecord, ConfigRecord, PartitionChangeRecord, PartitionRecord,
    RegisterBrokerRecord, UnregisterBrokerRecord,
};
use highwater_types::{
    BrokerEpoch, DirectoryId, LeaderEpoch, NodeId, PartitionEpoch, PartitionIndex, ProducerId,
    TopicId, Uuid,
};

use super::{
    BrokerImage, ConfigResource, ConfigResourceType, Endpoint, FeatureRange, LeaderRecovery,
    MetadataImage, PartitionImage, SecurityProtocol, directory,
};
use crate::MetadataRecord;

/// A record that does not fit the image: the log was not written by a correct
/// controller, or records are missing before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{record} does not fit the metadata so far: {reason}")]
pub struct ReplayError {
    pub record: &'static str,
    pub reason: String,
}

/// In a partition change, "the leader stays".
pub(crate) const NO_LEADER_CHANGE: i32 = -2;
const NO_RECOVERY_CHANGE: i8 = -1;

impl MetadataImage {
    /// Applies one record.
    ///
    /// # Errors
    /// When the record speaks of something that is not there, or contradicts the
    /// image. The image is then as it was.
    pub fn replay(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        let result = match record {
            MetadataRecord::RegisterBroker(body) => self.register_broker(body),
            MetadataRecord::UnregisterBroker(body) => self.unregister_broker(body),
            MetadataRecord::BrokerRegistrationChange(body) => self.change_broker(body),
            MetadataRecord::Topic(body) => self.add_topic(TopicId(body.topic_id), &body.name),
            MetadataRecord::RemoveTopic(body) => self.remove_topic(TopicId(body.topic_id)),
            MetadataRecord::Partition(body) => self.add_partition(body),
            MetadataRecord::PartitionChange(body) => self.change_partition(body),
            MetadataRecord::Config(body) => self.set_config(body),
            MetadataRecord::FeatureLevel(body) => {
                self.features.set(&body.name, body.feature_level);
                Ok(())
            }
            MetadataRecord::ProducerIds(body) => {
                self.producer_ids
                    .set_next(ProducerId(body.next_producer_id));
                Ok(())
            }
            // Whoever reads the log puts transactions together; see `TransactionBuffer`.
            MetadataRecord::NoOp(_)
            | MetadataRecord::BeginTransaction(_)
            | MetadataRecord::EndTransaction(_)
            | MetadataRecord::AbortTransaction(_) => Ok(()),
        };
        result.map_err(|reason| ReplayError {
            record: record.name(),
            reason,
        })
    }

    fn register_broker(&mut self, body: &RegisterBrokerRecord) -> Result<(), String> {
        let mut endpoints = Vec::with_capacity(body.end_points.len());
        for point in &body.end_points {
            endpoints.push(Endpoint {
                listener: point.name.clone(),
                host: point.host.clone(),
                port: point.port,
                security_protocol: SecurityProtocol::from_code(point.security_protocol)
                    .ok_or_else(|| format!("security protocol {}", point.security_protocol))?,
            });
        }
        let features: BTreeMap<String, FeatureRange> = body
            .features
            .iter()
            .map(|feature| {
                let range = FeatureRange {
                    min: feature.min_supported_version,
                    max: feature.max_supported_version,
                };
                (feature.name.clone(), range)
            })
            .collect();
        self.cluster.insert(BrokerImage {
            id: NodeId(body.broker_id),
            epoch: BrokerEpoch(body.broker_epoch),
            incarnation_id: body.incarnation_id,
            endpoints,
            features,
            rack: body.rack.clone(),
            fenced: body.fenced,
            in_controlled_shutdown: body.in_controlled_shutdown,
            directories: sorted_directories(&body.log_dirs),
        });
        Ok(())
    }

    /// The broker's registration, if it has the epoch.
    fn broker_mut(&mut self, id: i32, epoch: i64) -> Result<&mut BrokerImage, String> {
        let broker = self
            .cluster
            .get_mut(NodeId(id))
            .ok_or_else(|| format!("broker {id} is not registered"))?;
        if broker.epoch != BrokerEpoch(epoch) {
            return Err(format!(
                "broker {id} has epoch {}, not {epoch}",
                broker.epoch
            ));
        }
        Ok(broker)
    }

    fn unregister_broker(&mut self, body: &UnregisterBrokerRecord) -> Result<(), String> {
        self.broker_mut(body.broker_id, body.broker_epoch)?;
        self.cluster.remove(NodeId(body.broker_id));
        Ok(())
    }

    fn change_broker(&mut self, body: &BrokerRegistrationChangeRecord) -> Result<(), String> {
        let broker = self.broker_mut(body.broker_id, body.broker_epoch)?;
        match body.fenced {
            0 => {}
            1 => broker.fenced = true,
            -1 => broker.fenced = false,
            other => return Err(format!("fencing change {other}")),
        }
        match body.in_controlled_shutdown {
            0 => {}
            1 => broker.in_controlled_shutdown = true,
            other => return Err(format!("controlled shutdown change {other}")),
        }
        if !body.log_dirs.is_empty() {
            broker.directories = sorted_directories(&body.log_dirs);
        }
        Ok(())
    }

    fn add_topic(&mut self, id: TopicId, name: &str) -> Result<(), String> {
        if self.topics.get_by_id(id).is_some() {
            return Err(format!("topic id {id} is there already"));
        }
        if self.topics.get(name).is_some() {
            return Err(format!("topic {name} is there already"));
        }
        self.topics.insert_topic(id, name.into());
        Ok(())
    }

    fn remove_topic(&mut self, id: TopicId) -> Result<(), String> {
        let topic = self
            .topics
            .remove_topic(id)
            .ok_or_else(|| format!("no topic {id}"))?;
        self.configs
            .remove(&ConfigResource::topic(topic.name().as_str()));
        Ok(())
    }

    fn add_partition(&mut self, body: &PartitionRecord) -> Result<(), String> {
        let replicas = node_ids(&body.replicas);
        let directories = if body.directories.is_empty() {
            vec![directory::MIGRATING; replicas.len()]
        } else {
            body.directories.iter().copied().map(DirectoryId).collect()
        };
        if directories.len() != replicas.len() {
            return Err(format!(
                "{} directories for {} replicas",
                directories.len(),
                replicas.len()
            ));
        }
        let partition = PartitionImage {
            replicas,
            directories,
            isr: node_ids(&body.isr),
            elr: node_ids(body.eligible_leader_replicas.as_deref().unwrap_or_default()),
            last_known_elr: node_ids(body.last_known_elr.as_deref().unwrap_or_default()),
            leader: NodeId(body.leader),
            leader_epoch: LeaderEpoch(body.leader_epoch),
            partition_epoch: PartitionEpoch(body.partition_epoch),
            removing_replicas: node_ids(&body.removing_replicas),
            adding_replicas: node_ids(&body.adding_replicas),
            leader_recovery: LeaderRecovery::from_code(body.leader_recovery_state)
                .ok_or_else(|| format!("leader recovery state {}", body.leader_recovery_state))?,
        };
        let index = PartitionIndex(body.partition_id);
        if self
            .topics
            .insert_partition(TopicId(body.topic_id), index, partition)
        {
            Ok(())
        } else {
            Err(format!("no topic {}", TopicId(body.topic_id)))
        }
    }

    fn change_partition(&mut self, body: &PartitionChangeRecord) -> Result<(), String> {
        let (id, index) = (TopicId(body.topic_id), PartitionIndex(body.partition_id));
        let before = self
            .topics
            .get_by_id(id)
            .and_then(|topic| topic.partition(index))
            .ok_or_else(|| format!("no partition {index} of topic {id}"))?;
        let after = before.merged(body)?;
        self.topics.insert_partition(id, index, after);
        Ok(())
    }

    fn set_config(&mut self, body: &ConfigRecord) -> Result<(), String> {
        let resource_type = ConfigResourceType::from_code(body.resource_type)
            .ok_or_else(|| format!("resource type {}", body.resource_type))?;
        let resource = ConfigResource {
            resource_type,
            name: body.resource_name.clone(),
        };
        self.configs
            .set(resource, &body.name, body.value.as_deref());
        Ok(())
    }
}

impl PartitionImage {
    /// A partition after a change. Each change raises the partition epoch; one that
    /// names a leader raises the leader epoch, even if it is the same leader.
    pub(crate) fn merged(&self, body: &PartitionChangeRecord) -> Result<Self, String> {
        let before = self;
        let mut after = before.clone();
        if let Some(replicas) = &body.replicas {
            after.replicas = node_ids(replicas);
            // A replica keeps its directory wherever it moved to in the list.
            after.directories = after
                .replicas
                .iter()
                .map(|id| before.directory_of(*id).unwrap_or(directory::UNASSIGNED))
                .collect();
        }
        if let Some(directories) = &body.directories {
            if directories.len() != after.replicas.len() {
                return Err(format!(
                    "{} directories for {} replicas",
                    directories.len(),
                    after.replicas.len()
                ));
            }
            after.directories = directories.iter().copied().map(DirectoryId).collect();
        }
        let replace = |field: &mut Vec<NodeId>, new: &Option<Vec<i32>>| {
            if let Some(new) = new {
                *field = node_ids(new);
            }
        };
        replace(&mut after.isr, &body.isr);
        replace(&mut after.elr, &body.eligible_leader_replicas);
        replace(&mut after.last_known_elr, &body.last_known_elr);
        replace(&mut after.removing_replicas, &body.removing_replicas);
        replace(&mut after.adding_replicas, &body.adding_replicas);
        if body.leader != NO_LEADER_CHANGE {
            after.leader = NodeId(body.leader);
            after.leader_epoch = LeaderEpoch(after.leader_epoch.get() + 1);
        }
        if body.leader_recovery_state != NO_RECOVERY_CHANGE {
            after.leader_recovery = LeaderRecovery::from_code(body.leader_recovery_state)
                .ok_or_else(|| format!("leader recovery state {}", body.leader_recovery_state))?;
        }
        after.partition_epoch = PartitionEpoch(after.partition_epoch.get() + 1);
        Ok(after)
    }
}

fn node_ids(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn sorted_directories(ids: &[Uuid]) -> Vec<DirectoryId> {
    let mut directories: Vec<_> = ids.iter().copied().map(DirectoryId).collect();
    directories.sort_unstable();
    directories
}
