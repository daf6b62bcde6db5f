//! The follower's end of the streams: what other brokers lead and we follow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use highwater_metadata::MetadataImage;
use highwater_replication::RejectReason;
use highwater_rpc::proto::replication as proto;
use highwater_rpc::proto::replication::replication_server::{Replication, ReplicationServer};
use highwater_rpc::{LogLimit, MESSAGE_BYTES_MAX, NodeIdentity};
use highwater_types::{BrokerEpoch, LeaderEpoch, NodeId, PartitionIndex, TopicId};
use parking_lot::Mutex;
use tokio::task::AbortHandle;
use tonic::{Request, Response, Status, Streaming};

use super::messages::Replicate;
use super::replies::FollowerReplies;
use super::wire;
use crate::context::BrokerContext;
use crate::replica::NotHosted;
use crate::replica::command::{Command, ReplicateItems};

/// How long a peer may take to say who it is, and how long we may take to learn from
/// the metadata that it is right.
const HELLO_MAX: Duration = Duration::from_secs(2);

/// Serves the leaders on other brokers. One per broker.
///
/// It only checks who speaks and passes on: parts of a message go to the workers of
/// their partitions in the order of the stream, what the workers answer comes back
/// through [`FollowerReplies`]. When workers are behind, the stream is read no
/// further, so that its sender waits.
pub(crate) struct ReplicateService {
    ctx: Arc<BrokerContext>,
    identity: NodeIdentity,
    /// The newest stream of each peer; an older one of the same peer is closed.
    streams: Mutex<BTreeMap<NodeId, Arc<FollowerReplies>>>,
    refusals: LogLimit,
}

impl ReplicateService {
    pub(crate) fn server(
        ctx: Arc<BrokerContext>,
        identity: NodeIdentity,
    ) -> ReplicationServer<Self> {
        let service = Self {
            ctx,
            identity,
            streams: Mutex::default(),
            refusals: LogLimit::default(),
        };
        ReplicationServer::new(service)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// Checks that the peer is who it says, in its present life, and answers our own
    /// broker epoch.
    async fn check(&self, hello: &proto::Hello) -> Result<BrokerEpoch, Status> {
        let own = &self.identity;
        let from = NodeId(hello.from_node);
        let refuse = |reason: String| Err(Status::failed_precondition(reason));
        if hello.cluster_id != own.cluster_id.0 {
            return refuse(format!(
                "broker {from} of cluster {} called cluster {}",
                hello.cluster_id, own.cluster_id
            ));
        }
        if NodeId(hello.to_node) != own.node_id {
            return refuse(format!(
                "broker {from} looked for broker {} and found broker {}",
                hello.to_node, own.node_id
            ));
        }
        if from == own.node_id {
            return refuse(format!("another broker calls itself {from} as well"));
        }
        let epoch = BrokerEpoch(hello.from_broker_epoch);
        let mut known = None;
        let learned = async {
            // Our registration comes first: without it we are nobody's follower.
            self.ctx.registered(|_| true).await;
            let is_here = |image: &MetadataImage| {
                let broker = image.cluster().broker(from);
                broker.is_some_and(|broker| broker.epoch >= epoch)
            };
            let image = self.ctx.metadata.wait_for(is_here).await;
            known = image.cluster().broker(from).map(|broker| broker.epoch);
        };
        let in_time = tokio::time::timeout(HELLO_MAX, learned).await;
        let own_epoch = *self.ctx.broker_epoch.borrow();
        match (in_time, known, own_epoch) {
            (Ok(()), Some(known), Some(own_epoch)) if known == epoch => Ok(own_epoch),
            (Ok(()), Some(known), _) if known > epoch => refuse(format!(
                "broker {from} speaks in epoch {epoch}, which ended with epoch {known}"
            )),
            _ => Err(Status::unavailable(format!(
                "the registration of broker {from} in epoch {epoch} is not known yet"
            ))),
        }
    }

    /// Makes this the peer's only stream.
    fn open(&self, from: NodeId) -> Arc<FollowerReplies> {
        let replies = Arc::new(FollowerReplies::default());
        let older = self.streams.lock().insert(from, replies.clone());
        if let Some(older) = older {
            older.close();
        }
        replies
    }
}

#[tonic::async_trait]
impl Replication for ReplicateService {
    type LinkStream = BoxStream<'static, Result<proto::ToLeader, Status>>;

    async fn link(
        &self,
        request: Request<Streaming<proto::ToFollower>>,
    ) -> Result<Response<Self::LinkStream>, Status> {
        let mut incoming = request.into_inner();
        let first = tokio::time::timeout(HELLO_MAX, incoming.message()).await;
        let Ok(Some(proto::to_follower::Message::Hello(hello))) = first
            .map_err(|_| Status::deadline_exceeded("no hello in time"))?
            .map(|message| message.and_then(|message| message.message))
        else {
            return Err(Status::invalid_argument("a stream begins with a hello"));
        };
        let own_epoch = match self.check(&hello).await {
            Ok(own_epoch) => own_epoch,
            Err(status) => {
                self.refusals.warn(|more| {
                    let reason = status.message();
                    tracing::warn!(more, "refused to follow: {reason}");
                });
                return Err(status);
            }
        };
        let from = NodeId(hello.from_node);
        let replies = self.open(from);
        let reader = Reader {
            ctx: self.ctx.clone(),
            from,
            replies: replies.clone(),
            complaints: LogLimit::default(),
        };
        let open = OpenStream {
            replies,
            reader: tokio::spawn(reader.run(incoming)).abort_handle(),
        };
        let welcome = proto::to_leader::Message::Welcome(proto::Welcome {
            broker_epoch: own_epoch.get(),
            incarnation: self.identity.incarnation.0.to_vec().into(),
        });
        let welcome = futures::stream::once(std::future::ready(Ok(to_leader(welcome))));
        Ok(Response::new(welcome.chain(open.answers()).boxed()))
    }
}

fn to_leader(message: proto::to_leader::Message) -> proto::ToLeader {
    proto::ToLeader {
        message: Some(message),
    }
}

/// The way back of one stream; its end is the end of the stream.
struct OpenStream {
    replies: Arc<FollowerReplies>,
    reader: AbortHandle,
}

impl OpenStream {
    fn answers(self) -> impl Stream<Item = Result<proto::ToLeader, Status>> + Send {
        futures::stream::unfold(self, |open| async move {
            let replies = open.replies.take().await?;
            let batch = proto::to_leader::Message::Batch(wire::write_replies(replies));
            Some((Ok(to_leader(batch)), open))
        })
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.replies.close();
        self.reader.abort();
    }
}

/// Takes what one leader's broker pushes to the workers.
struct Reader {
    ctx: Arc<BrokerContext>,
    from: NodeId,
    replies: Arc<FollowerReplies>,
    /// A peer that is wrong is wrong often.
    complaints: LogLimit,
}

impl Reader {
    async fn run(self, mut incoming: Streaming<proto::ToFollower>) {
        let from = self.from;
        tracing::info!(broker = %from, "follows");
        let ended = loop {
            let message = match incoming.message().await {
                Ok(Some(message)) => message.message,
                Ok(None) => break "it has nothing more to say".to_owned(),
                Err(status) => break status.message().to_owned(),
            };
            if self.replies.is_closed() {
                break "another stream took its place".to_owned();
            }
            let Some(proto::to_follower::Message::Batch(batch)) = message else {
                break "a stream has one hello and then batches".to_owned();
            };
            if let Err(malformed) = self.on_batch(batch).await {
                break malformed.to_string();
            }
        };
        tracing::info!(broker = %from, "follows no more: {ended}");
        self.replies.close();
    }

    async fn on_batch(&self, batch: proto::ReplicateBatch) -> Result<(), wire::Malformed> {
        let replicas = &self.ctx.replicas;
        let mut shares: Vec<Vec<_>> = (0..replicas.worker_count()).map(|_| Vec::new()).collect();
        for item in batch.items {
            let (topic_id, index, replicate) = wire::read_replicate(item)?;
            match replicas.find_by_id(topic_id, index) {
                Ok(partition) => {
                    shares[partition.worker].push((partition.number, replicate));
                }
                Err(absent) => self.refuse(topic_id, index, &replicate, absent),
            }
        }
        for (worker, items) in shares.into_iter().enumerate() {
            if items.is_empty() {
                continue;
            }
            let items = ReplicateItems {
                leader: self.from,
                replies: self.replies.clone(),
                items,
            };
            let command = Command::Replicate(Box::new(items));
            replicas.tell(worker, command).await;
        }
        Ok(())
    }

    fn refuse(
        &self,
        topic_id: TopicId,
        index: PartitionIndex,
        replicate: &Replicate,
        absent: NotHosted,
    ) {
        let epoch = replicate.push.leader_epoch;
        let reason = match absent {
            NotHosted::Offline => RejectReason::StorageError,
            NotHosted::Absent | NotHosted::InconsistentTopicId => absence(
                &self.ctx.metadata.image(),
                self.ctx.config.node_id,
                topic_id,
                index,
                epoch,
            ),
        };
        // News that is on its way here is no reason for a line.
        if reason != RejectReason::UnknownEpoch {
            self.complaints.warn(|more| {
                let from = self.from;
                tracing::warn!(broker = %from, %topic_id, partition = index.0, %epoch, more,
                    "refused records: {reason:?}");
            });
        }
        let asked = (epoch, replicate.push.round);
        self.replies.reject_absent(topic_id, index, asked, reason);
    }
}

/// What to say of a partition that is not hosted here.
fn absence(
    image: &MetadataImage,
    own: NodeId,
    topic_id: TopicId,
    index: PartitionIndex,
    epoch: LeaderEpoch,
) -> RejectReason {
    let topic = image.topics().get_by_id(topic_id);
    let Some(partition) = topic.and_then(|topic| topic.partition(index)) else {
        return RejectReason::UnknownEpoch;
    };
    if partition.leader_epoch > epoch {
        RejectReason::FencedEpoch
    } else if partition.leader_epoch == epoch && !partition.has_replica(own) {
        RejectReason::NotReplica
    } else {
        RejectReason::UnknownEpoch
    }
}
