//! AssignReplicasToDirs: a broker says in which directories it has its replicas. KIP-858.

use std::collections::BTreeSet;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::assign_replicas_to_dirs::{
    AssignedDirectory, AssignedDirectoryResponse, AssignedPartitionResponse, AssignedTopic,
    AssignedTopicResponse,
};
use highwater_protocol::messages::{AssignReplicasToDirsRequest, AssignReplicasToDirsResponse};
use highwater_types::{DirectoryId, PartitionIndex, TopicId};

use super::broker_move::BrokerMove;
use super::partition_change::{Loss, PartitionChange};
use super::partition_sets::PartitionKey;
use super::{ControllerState, Decision};
use crate::MetadataRecord;
use crate::image::{BrokerImage, directory};

impl ControllerState {
    /// Takes note of where a broker has its replicas, each on its own. A replica in a
    /// directory that is offline leads nothing and is not in sync; one that turns up in
    /// another directory while its own is gone was made anew, and has nothing.
    #[must_use]
    pub fn decide_assign_replicas_to_dirs(
        &self,
        request: &AssignReplicasToDirsRequest,
    ) -> Decision<AssignReplicasToDirsResponse> {
        let broker = match self.broker_of_epoch(request.broker_id, request.broker_epoch) {
            Ok(broker) => broker,
            Err(error) => {
                return Decision::answer(AssignReplicasToDirsResponse {
                    error_code: error.code as i16,
                    ..AssignReplicasToDirsResponse::default()
                });
            }
        };
        let mut assignment = Assignment {
            broker,
            seen: BTreeSet::new(),
            records: Vec::new(),
        };
        let directories = request.directories.iter();
        let directories = directories.map(|wanted| self.assign_directory(wanted, &mut assignment));
        let directories = directories.collect();
        Decision {
            records: assignment.records,
            response: AssignReplicasToDirsResponse {
                directories,
                ..AssignReplicasToDirsResponse::default()
            },
        }
    }

    fn assign_directory(
        &self,
        wanted: &AssignedDirectory,
        assignment: &mut Assignment<'_>,
    ) -> AssignedDirectoryResponse {
        let topics = wanted.topics.iter();
        let topics =
            topics.map(|topic| self.assign_topic(DirectoryId(wanted.id), topic, assignment));
        AssignedDirectoryResponse {
            id: wanted.id,
            topics: topics.collect(),
        }
    }

    fn assign_topic(
        &self,
        to: DirectoryId,
        wanted: &AssignedTopic,
        assignment: &mut Assignment<'_>,
    ) -> AssignedTopicResponse {
        let topic_id = TopicId(wanted.topic_id);
        let partitions = wanted.partitions.iter().map(|partition| {
            let key = (topic_id, PartitionIndex(partition.partition_index));
            let assigned = self.assign_replica(key, to, assignment);
            AssignedPartitionResponse {
                partition_index: partition.partition_index,
                error_code: assigned.err().unwrap_or(ErrorCode::None) as i16,
            }
        });
        AssignedTopicResponse {
            topic_id: wanted.topic_id,
            partitions: partitions.collect(),
        }
    }

    fn assign_replica(
        &self,
        key: PartitionKey,
        to: DirectoryId,
        assignment: &mut Assignment<'_>,
    ) -> Result<(), ErrorCode> {
        let topic = self.image.topics().get_by_id(key.0);
        let topic = topic.ok_or(ErrorCode::UnknownTopicId)?;
        let partition = topic.partition(key.1);
        let partition = partition.ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let id = assignment.broker.id;
        let from = partition.directory_of(id);
        let from = from.ok_or(ErrorCode::NotLeaderOrFollower)?;
        // The second would be decided on what was before the first.
        if !assignment.seen.insert(key) {
            return Err(ErrorCode::InvalidRequest);
        }
        let rules = self.topic_rules(topic);
        let change = PartitionChange::new(key, partition, rules).directory(id, to);
        let (change, broker_move) = if !assignment.broker.has_online(to) {
            (change.leaves_isr(id), BrokerMove::Leaves(id))
        } else if from != to && is_gone(assignment.broker, from) {
            (change.loses_data(id, Loss::Certain), BrokerMove::Leaves(id))
        } else {
            (change, BrokerMove::None)
        };
        let record = change.build(|id, at| self.may_lead(id, at, broker_move));
        assignment.records.extend(record.map(MetadataRecord::from));
        Ok(())
    }
}

/// What one request comes to.
struct Assignment<'a> {
    broker: &'a BrokerImage,
    seen: BTreeSet<PartitionKey>,
    records: Vec<MetadataRecord>,
}

/// Whether the broker had a directory that it has not any more.
fn is_gone(broker: &BrokerImage, directory: DirectoryId) -> bool {
    !directory::is_reserved(directory) && !broker.has_online(directory)
}
