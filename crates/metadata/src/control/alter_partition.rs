//! AlterPartition: a leader asks for another ISR. KIP-497, KIP-704, KIP-841, KIP-903.

use std::collections::BTreeSet;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::alter_partition::{
    AlterPartitionPartition, AlterPartitionPartitionResponse, AlterPartitionTopic,
    AlterPartitionTopicResponse,
};
use highwater_protocol::messages::metadata_records::PartitionChangeRecord;
use highwater_protocol::messages::{AlterPartitionRequest, AlterPartitionResponse};
use highwater_types::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, PartitionIndex, TopicId};

use super::broker_move::BrokerMove;
use super::partition_change::PartitionChange;
use super::{ControllerState, Decision};
use crate::image::{LeaderRecovery, PartitionImage, TopicImage};
use crate::snapshot::plain_ids;

/// The version from which on replicas come with the epochs of their brokers. KIP-903.
const FIRST_VERSION_WITH_EPOCHS: i16 = 3;

/// A replica that a leader counts as in sync, in the life of its broker that caught up;
/// without one the life is not checked.
type Member = (NodeId, Option<BrokerEpoch>);

impl ControllerState {
    /// Changes ISRs as their leaders ask, each partition on its own. A leader that does
    /// not know of the partition's last change is refused: it asks again once it does.
    #[must_use]
    pub fn decide_alter_partition(
        &self,
        request: &AlterPartitionRequest,
        version: i16,
    ) -> Decision<AlterPartitionResponse> {
        if let Err(error) = self.broker_of_epoch(request.broker_id, request.broker_epoch) {
            return Decision::answer(AlterPartitionResponse {
                error_code: error.code as i16,
                ..AlterPartitionResponse::default()
            });
        }
        let mut seen = BTreeSet::new();
        let mut records = Vec::new();
        let mut topics = Vec::with_capacity(request.topics.len());
        for wanted in &request.topics {
            let partitions = wanted.partitions.iter().map(|partition| {
                // The second would be decided on what was before the first.
                let answer = if seen.insert((wanted.topic_id, partition.partition_index)) {
                    self.alter_partition(request.broker_id, wanted, partition, version)
                } else {
                    Err(ErrorCode::InvalidRequest)
                };
                match answer {
                    Ok(altered) => {
                        records.extend(altered.record.map(Into::into));
                        altered.response
                    }
                    Err(code) => refused(partition.partition_index, code),
                }
            });
            let partitions = partitions.collect();
            topics.push(AlterPartitionTopicResponse {
                topic_id: wanted.topic_id,
                partitions,
            });
        }
        Decision {
            records,
            response: AlterPartitionResponse {
                topics,
                ..AlterPartitionResponse::default()
            },
        }
    }

    fn alter_partition(
        &self,
        asker: i32,
        topic: &AlterPartitionTopic,
        wanted: &AlterPartitionPartition,
        version: i16,
    ) -> Result<Altered, ErrorCode> {
        let topics = self.image.topics();
        let topic = topics.get_by_id(TopicId(topic.topic_id));
        let topic = topic.ok_or(ErrorCode::UnknownTopicId)?;
        let index = PartitionIndex(wanted.partition_index);
        let partition = topic
            .partition(index)
            .ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let members = members(wanted, version);
        let recovery = self.check_alteration(NodeId(asker), partition, wanted, &members)?;
        Ok(self.altered(topic, index, partition, &members, recovery))
    }

    /// Whether a leader may ask for this; the recovery state that it asks for.
    fn check_alteration(
        &self,
        asker: NodeId,
        partition: &PartitionImage,
        wanted: &AlterPartitionPartition,
        members: &[Member],
    ) -> Result<LeaderRecovery, ErrorCode> {
        let leader_epoch = LeaderEpoch(wanted.leader_epoch);
        let partition_epoch = PartitionEpoch(wanted.partition_epoch);
        // It knows more than this controller, so another one is active.
        if leader_epoch > partition.leader_epoch || partition_epoch > partition.partition_epoch {
            return Err(ErrorCode::NotController);
        }
        if leader_epoch < partition.leader_epoch {
            return Err(ErrorCode::FencedLeaderEpoch);
        }
        if asker != partition.leader {
            return Err(ErrorCode::InvalidRequest);
        }
        if partition_epoch < partition.partition_epoch {
            return Err(ErrorCode::InvalidUpdateVersion);
        }
        let distinct: BTreeSet<_> = members.iter().map(|(id, _)| id).collect();
        let are_replicas = distinct.iter().all(|id| partition.has_replica(**id));
        if !are_replicas || distinct.len() != members.len() || !distinct.contains(&asker) {
            return Err(ErrorCode::InvalidRequest);
        }
        let recovery = LeaderRecovery::from_code(wanted.leader_recovery_state)
            .ok_or(ErrorCode::InvalidRequest)?;
        // A leader that may lack records has nobody in sync with it, and one that has
        // recovered does not go back.
        let recovers = recovery == LeaderRecovery::Recovering;
        let recovered = partition.leader_recovery == LeaderRecovery::Recovered;
        if recovers && (members.len() > 1 || recovered) {
            return Err(ErrorCode::InvalidRequest);
        }
        let eligible = |member: &Member| self.may_be_in_sync(partition, *member);
        if !members.iter().all(eligible) {
            return Err(ErrorCode::IneligibleReplica);
        }
        Ok(recovery)
    }

    /// Whether a replica may join or stay in an ISR: its broker serves, in the life in which
    /// it caught up, and has the directory. A fenced one would be taken out only when it is
    /// fenced the next time. KIP-841, KIP-903, KIP-858.
    fn may_be_in_sync(&self, partition: &PartitionImage, (id, epoch): Member) -> bool {
        let Some(broker) = self.image.cluster().broker(id) else {
            return false;
        };
        let directory = partition.directory_of(id);
        broker.is_active()
            && epoch.is_none_or(|epoch| epoch == broker.epoch)
            && directory.is_some_and(|directory| broker.has_online(directory))
    }

    fn altered(
        &self,
        topic: &TopicImage,
        index: PartitionIndex,
        before: &PartitionImage,
        members: &[Member],
        recovery: LeaderRecovery,
    ) -> Altered {
        let isr = members.iter().map(|(id, _)| *id).collect();
        let record = PartitionChange::new((topic.id(), index), before, self.topic_rules(topic))
            .isr(isr)
            .recovery(recovery)
            .build(|id, at| self.may_lead(id, at, BrokerMove::None));
        let after = match &record {
            // Checked when the record was made.
            Some(record) => before.merged(record).unwrap_or_else(|_| before.clone()),
            None => before.clone(),
        };
        let response = if after.leader == before.leader {
            accepted(index, &after)
        } else {
            // The change ended a reassignment that moves the leader as well.
            refused(index.get(), ErrorCode::NewLeaderElected)
        };
        Altered { record, response }
    }
}

struct Altered {
    record: Option<PartitionChangeRecord>,
    response: AlterPartitionPartitionResponse,
}

fn members(wanted: &AlterPartitionPartition, version: i16) -> Vec<Member> {
    if version < FIRST_VERSION_WITH_EPOCHS {
        let ids = wanted.new_isr.iter().copied();
        return ids.map(|id| (NodeId(id), None)).collect();
    }
    let states = wanted.new_isr_with_epochs.iter();
    states
        .map(|state| {
            let epoch = (state.broker_epoch != -1).then_some(BrokerEpoch(state.broker_epoch));
            (NodeId(state.broker_id), epoch)
        })
        .collect()
}

fn accepted(index: PartitionIndex, after: &PartitionImage) -> AlterPartitionPartitionResponse {
    AlterPartitionPartitionResponse {
        partition_index: index.get(),
        error_code: ErrorCode::None as i16,
        leader_id: after.leader.get(),
        leader_epoch: after.leader_epoch.get(),
        isr: plain_ids(&after.isr),
        leader_recovery_state: after.leader_recovery.code(),
        partition_epoch: after.partition_epoch.get(),
    }
}

fn refused(partition_index: i32, code: ErrorCode) -> AlterPartitionPartitionResponse {
    AlterPartitionPartitionResponse {
        partition_index,
        error_code: code as i16,
        ..AlterPartitionPartitionResponse::default()
    }
}
