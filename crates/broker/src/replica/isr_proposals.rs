//! Changes of in-sync replicas, on their way to the controller. KIP-497.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use highwater_protocol::messages::alter_partition::{
    AlterPartitionBrokerState, AlterPartitionPartition, AlterPartitionPartitionResponse,
    AlterPartitionRequest, AlterPartitionResponse, AlterPartitionTopic,
};
use highwater_protocol::wire::Reader;
use highwater_protocol::{ApiKey, ErrorCode, Message};
use highwater_rpc::{ChannelError, ControllerChannel, ControllerRequest};
use highwater_types::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, PartitionIndex, TopicId};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, watch};

use super::command::Command;

const ALTER_PARTITION_VERSION: i16 = 3;
/// How long one request may take before it is sent again.
const ANSWER_MAX: Duration = Duration::from_secs(2);
const RETRY_MIN: Duration = Duration::from_millis(20);
const RETRY_MAX: Duration = Duration::from_secs(1);
/// Partitions of one request; a broker's death changes thousands at once.
const PARTITIONS_MAX: usize = 10_000;
/// RECOVERED: a leader proposes only after it has taken up what there is. KIP-704.
const RECOVERED: i8 = 0;

/// The in-sync replicas that a leader wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IsrProposal {
    /// See [`super::Partition::number`].
    pub partition: u64,
    /// The worker that gets the answer.
    pub worker: usize,
    pub topic_id: TopicId,
    pub index: PartitionIndex,
    pub leader_epoch: LeaderEpoch,
    /// The one that the proposal is based on.
    pub partition_epoch: PartitionEpoch,
    /// With the broker epoch in which each was seen to be in sync; `None` for this
    /// broker, and for followers that stay and have not reported. KIP-903.
    pub in_sync: Vec<(NodeId, Option<BrokerEpoch>)>,
}

/// What the controller made of a proposal. Failures to reach it are not told: the
/// proposal is sent again until it is answered or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IsrAnswer {
    /// Committed; the metadata will say the same, sooner or later than this.
    Committed {
        leader_epoch: LeaderEpoch,
        partition_epoch: PartitionEpoch,
        in_sync: Vec<NodeId>,
    },
    /// This request changed nothing.
    Refused {
        code: ErrorCode,
        /// An earlier sending of the same proposal was never answered, so that it
        /// may have been carried out.
        in_doubt: bool,
    },
}

/// Proposals of all partitions that are led here, at most one for each at a time.
#[derive(Default)]
pub(crate) struct IsrProposals {
    waiting: Mutex<BTreeMap<u64, Waiting>>,
    news: Notify,
}

struct Waiting {
    proposal: IsrProposal,
    /// It was sent before, and no answer came.
    in_doubt: bool,
}

/// The way to the controller, and back to the workers.
pub(crate) struct IsrProposer {
    pub(super) proposals: Arc<IsrProposals>,
    pub(super) node_id: NodeId,
    pub(super) controller: Arc<dyn ControllerChannel>,
    /// Of our registration; none before the first.
    pub(super) broker_epoch: watch::Receiver<Option<BrokerEpoch>>,
    pub(super) workers: Vec<mpsc::Sender<Command>>,
}

/// What one request came to.
enum Outcome {
    /// Each partition has its own answer.
    Answered(AlterPartitionResponse),
    /// It may have been carried out or not.
    Unknown(String),
    /// Another registration of this broker is in force, or none.
    StaleBrokerEpoch,
}

impl IsrProposals {
    /// Adds a proposal. One of the same partition that was not sent yet is replaced.
    /// Never waits. The answer comes as a command with the proposal's epochs.
    pub(crate) fn propose(&self, proposal: IsrProposal) {
        let waiting = Waiting {
            proposal,
            in_doubt: false,
        };
        let number = waiting.proposal.partition;
        self.waiting.lock().insert(number, waiting);
        self.news.notify_one();
    }

    /// Withdraws what was not sent yet: the leadership ended.
    pub(crate) fn withdraw(&self, partition: u64) {
        self.waiting.lock().remove(&partition);
    }

    /// Waits for proposals and takes them, in the order of their partitions.
    async fn take(&self) -> Vec<Waiting> {
        loop {
            {
                let mut waiting = self.waiting.lock();
                let mut taken = Vec::new();
                while taken.len() < PARTITIONS_MAX
                    && let Some((_, proposal)) = waiting.pop_first()
                {
                    taken.push(proposal);
                }
                if !taken.is_empty() {
                    return taken;
                }
            }
            self.news.notified().await;
        }
    }

    /// Puts back what got no answer, unless the leader wants something else by now.
    fn put_back(&self, unanswered: Vec<Waiting>) {
        let mut waiting = self.waiting.lock();
        for mut proposal in unanswered {
            proposal.in_doubt = true;
            waiting
                .entry(proposal.proposal.partition)
                .or_insert(proposal);
        }
    }
}

impl IsrProposer {
    /// Sends proposals as they come, one request at a time, so that what gathers
    /// meanwhile goes together. Never ends.
    pub(crate) async fn run(mut self) {
        let mut retry = RETRY_MIN;
        loop {
            let proposals = self.proposals.take().await;
            let Some(epoch) = self.registered().await else {
                return;
            };
            match self.send(epoch, &proposals).await {
                Outcome::Answered(response) => {
                    let unanswered = self.answer(response, proposals).await;
                    if unanswered.is_empty() {
                        retry = RETRY_MIN;
                        continue;
                    }
                    self.proposals.put_back(unanswered);
                }
                Outcome::Unknown(reason) => {
                    tracing::debug!("in-sync replicas are not changed yet: {reason}");
                    self.proposals.put_back(proposals);
                }
                Outcome::StaleBrokerEpoch => {
                    self.proposals.put_back(proposals);
                    let other = |known: &Option<BrokerEpoch>| *known != Some(epoch);
                    // The registration may be renewed, or the controller may be behind.
                    let renewed = self.broker_epoch.wait_for(other);
                    let _ = tokio::time::timeout(RETRY_MAX, renewed).await;
                    continue;
                }
            }
            tokio::time::sleep(retry).await;
            retry = (retry * 3 / 2).min(RETRY_MAX);
        }
    }

    async fn registered(&mut self) -> Option<BrokerEpoch> {
        let known = self.broker_epoch.wait_for(Option::is_some).await;
        known.ok().and_then(|epoch| *epoch)
    }

    async fn send(&self, epoch: BrokerEpoch, proposals: &[Waiting]) -> Outcome {
        let call = self.call(request(self.node_id, epoch, proposals));
        let answer = match tokio::time::timeout(ANSWER_MAX, call).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Outcome::Unknown(error.to_string()),
            Err(_) => return Outcome::Unknown(ChannelError::TimedOut.to_string()),
        };
        match ErrorCode::from_code(answer.error_code) {
            ErrorCode::None => Outcome::Answered(answer),
            ErrorCode::StaleBrokerEpoch => Outcome::StaleBrokerEpoch,
            code => Outcome::Unknown(code.message().to_owned()),
        }
    }

    async fn call(
        &self,
        request: AlterPartitionRequest,
    ) -> Result<AlterPartitionResponse, ChannelError> {
        let invalid = |error: String| ChannelError::InvalidRequest(error);
        let body = request.to_bytes(ALTER_PARTITION_VERSION);
        let call = self.controller.call(ControllerRequest {
            api_key: ApiKey::AlterPartition.code(),
            api_version: ALTER_PARTITION_VERSION,
            body: body.map_err(|error| invalid(error.to_string()))?,
            client: format!("broker {}", self.node_id),
        });
        AlterPartitionResponse::decode(&mut Reader::new(call.await?), ALTER_PARTITION_VERSION)
            .map_err(|error| invalid(error.to_string()))
    }

    /// Tells the workers what became of their proposals; gives those back whose
    /// answer is missing or says nothing.
    async fn answer(
        &self,
        response: AlterPartitionResponse,
        proposals: Vec<Waiting>,
    ) -> Vec<Waiting> {
        let mut answers = BTreeMap::new();
        for topic in response.topics {
            for partition in topic.partitions {
                let index = PartitionIndex(partition.partition_index);
                answers.insert((TopicId(topic.topic_id), index), partition);
            }
        }
        let mut unanswered = Vec::new();
        for waiting in proposals {
            let proposal = &waiting.proposal;
            let answer = answers.remove(&(proposal.topic_id, proposal.index));
            let Some(answer) = answer.and_then(|answer| read_answer(answer, waiting.in_doubt))
            else {
                unanswered.push(waiting);
                continue;
            };
            let command = Command::IsrAnswered {
                partition: proposal.partition,
                leader_epoch: proposal.leader_epoch,
                partition_epoch: proposal.partition_epoch,
                answer,
            };
            if let Some(worker) = self.workers.get(proposal.worker) {
                // A worker that is gone has no partitions.
                let _ = worker.send(command).await;
            }
        }
        unanswered
    }
}

fn request(node_id: NodeId, epoch: BrokerEpoch, proposals: &[Waiting]) -> AlterPartitionRequest {
    let mut topics: BTreeMap<TopicId, Vec<AlterPartitionPartition>> = BTreeMap::new();
    for Waiting { proposal, .. } in proposals {
        let state = |(id, seen): &(NodeId, Option<BrokerEpoch>)| AlterPartitionBrokerState {
            broker_id: id.get(),
            broker_epoch: match seen {
                Some(seen) => seen.get(),
                None if *id == node_id => epoch.get(),
                // Not checked.
                None => -1,
            },
        };
        let partition = AlterPartitionPartition {
            partition_index: proposal.index.0,
            leader_epoch: proposal.leader_epoch.get(),
            new_isr_with_epochs: proposal.in_sync.iter().map(state).collect(),
            leader_recovery_state: RECOVERED,
            partition_epoch: proposal.partition_epoch.get(),
            ..AlterPartitionPartition::default()
        };
        topics.entry(proposal.topic_id).or_default().push(partition);
    }
    let topic = |(id, partitions): (TopicId, _)| AlterPartitionTopic {
        topic_id: id.0,
        partitions,
    };
    AlterPartitionRequest {
        broker_id: node_id.get(),
        broker_epoch: epoch.get(),
        topics: topics.into_iter().map(topic).collect(),
    }
}

/// `None` if the proposal should be sent again.
fn read_answer(answer: AlterPartitionPartitionResponse, in_doubt: bool) -> Option<IsrAnswer> {
    match ErrorCode::from_code(answer.error_code) {
        ErrorCode::None => Some(IsrAnswer::Committed {
            leader_epoch: LeaderEpoch(answer.leader_epoch),
            partition_epoch: PartitionEpoch(answer.partition_epoch),
            in_sync: answer.isr.into_iter().map(NodeId).collect(),
        }),
        code @ (ErrorCode::UnknownTopicOrPartition
        | ErrorCode::UnknownTopicId
        | ErrorCode::FencedLeaderEpoch
        | ErrorCode::InvalidUpdateVersion
        | ErrorCode::InvalidRequest
        | ErrorCode::NewLeaderElected
        | ErrorCode::OperationNotAttempted
        | ErrorCode::IneligibleReplica) => Some(IsrAnswer::Refused { code, in_doubt }),
        code => {
            tracing::warn!("in-sync replicas: {}", code.message());
            None
        }
    }
}
