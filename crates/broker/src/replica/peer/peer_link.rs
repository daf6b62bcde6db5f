//! The leader's end of the stream to one other broker.

use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use highwater_replication::{CursorLimits, RejectReason};
use highwater_rpc::client::{self, ClientOptions, Connection};
use highwater_rpc::proto::replication as proto;
use highwater_rpc::proto::replication::replication_client::ReplicationClient;
use highwater_rpc::{LogLimit, MESSAGE_BYTES_MAX};
use highwater_types::{BrokerEpoch, NodeId};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::{Status, Streaming};

use super::cold_read::ColdResult;
use super::directory::{PeerAddress, PeerDirectory};
use super::draft::PushItem;
use super::inbox::LinkInbox;
use super::peer_links::LinkPorts;
use super::push_queue::{PushLimits, PushQueue};
use super::replies::{Reply, ReplyBody};
use super::wire;
use crate::replica::ReplicaConfig;
use crate::replica::command::Command;

/// How long a peer may take to welcome us; it may have to learn of us first.
const WELCOME_MAX: Duration = Duration::from_secs(4);
/// Between the end of one connection and the next attempt, growing up to
/// `replica.fetch.backoff.ms`.
const RECONNECT_MIN: Duration = Duration::from_millis(20);
/// A connection that held so long begins with the smallest pause again.
const STEADY: Duration = Duration::from_secs(5);
/// News of the high watermark wait this long for records to travel with.
const WATERMARK_LINGER: Duration = Duration::from_millis(5);
/// A stream without anything to push is closed after this time.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// Records in one message: large enough that messages cost nothing, small enough that
/// the first of them is on its way while the last is still being read.
const MESSAGE_RECORD_BYTES: usize = 1 << 20;
/// Records that were sent to one peer and not acknowledged.
const UNACKNOWLEDGED_BYTES_MAX: usize = 32 << 20;
/// Reads from the disk for one peer at the same time.
const COLD_READS: usize = 2;

/// Pushes all partitions that are led here to one broker that has replicas of them.
///
/// One task per peer. It owns the partitions' cursors; workers tell it through its
/// [`LinkInbox`], and hear from it of the follower's progress, once per message. It
/// holds no records: what is not acknowledged when a connection breaks is read again.
pub(super) struct PeerLink {
    node: NodeId,
    inbox: Arc<LinkInbox>,
    ports: Arc<LinkPorts>,
    queue: PushQueue,
    /// Reads from the disk that are done, whichever connection they were begun for.
    cold: mpsc::Receiver<ColdResult>,
    cold_done: mpsc::Sender<ColdResult>,
    /// What the cursors count time from.
    origin: Instant,
    failures: LogLimit,
}

/// A welcomed connection.
struct Session {
    outgoing: mpsc::Sender<proto::ToFollower>,
    incoming: Streaming<proto::ToLeader>,
    /// The peer's life.
    peer_epoch: BrokerEpoch,
    /// Our own, which we said.
    own_epoch: BrokerEpoch,
    _connection: Connection,
}

impl PeerLink {
    pub(super) fn new(node: NodeId, inbox: Arc<LinkInbox>, ports: Arc<LinkPorts>) -> Self {
        let (cold_done, cold) = mpsc::channel(COLD_READS);
        let limits = limits(&ports.config);
        Self {
            node,
            inbox,
            ports,
            queue: PushQueue::new(limits),
            cold,
            cold_done,
            origin: Instant::now(),
            failures: LogLimit::default(),
        }
    }

    /// Runs until it is aborted.
    pub(super) async fn run(mut self) {
        let mut attached = self.ports.directory.clone();
        let Some(directory) = attached
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|directory| directory.clone())
        else {
            return;
        };
        let mut pause = RECONNECT_MIN;
        loop {
            self.take_letters();
            if self.queue.is_empty() {
                self.inbox.received().await;
                continue;
            }
            let peer = tokio::select! { biased;
                peer = directory.find(self.node) => peer,
                () = self.inbox.received() => continue,
            };
            let began = Instant::now();
            let ended = self.connection(&directory, &peer).await;
            self.queue.on_disconnected();
            if began.elapsed() >= STEADY {
                pause = RECONNECT_MIN;
            }
            if let Err(reason) = ended {
                let node = self.node;
                self.failures.warn(|more| {
                    tracing::warn!(broker = %node, address = peer.address, more,
                        "can not push to a follower: {reason}");
                });
            }
            tokio::select! { biased;
                () = tokio::time::sleep(self.jittered(pause)) => {}
                // It came back: no reason to wait any longer.
                () = directory.replaced(self.node, peer.broker_epoch) => {}
            }
            pause = (pause * 2).min(self.ports.config.fetch_backoff.max(RECONNECT_MIN));
        }
    }

    /// Between three quarters and all of a pause, so that links do not march in step.
    fn jittered(&self, pause: Duration) -> Duration {
        let random = self.ports.platform.entropy.next_u64() % 256;
        pause - pause / 4 * u32::try_from(random).unwrap_or(0) / 256
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// One connection from its beginning to its end; the error is for the log.
    async fn connection(
        &mut self,
        directory: &PeerDirectory,
        peer: &PeerAddress,
    ) -> Result<(), String> {
        let Some(own_epoch) = directory.registered().await else {
            return Ok(());
        };
        let opening = open(directory, self.node, peer, own_epoch);
        let session = tokio::time::timeout(WELCOME_MAX, opening)
            .await
            .map_err(|_| "no welcome in time".to_owned())??;
        tracing::info!(broker = %self.node, address = peer.address, "pushes to a follower");
        let ended = self.push(session, directory).await;
        tracing::info!(broker = %self.node, address = peer.address, "pushes no more: {ended}");
        Ok(())
    }

    /// Pushes until the session ends, and says why it did.
    async fn push(&mut self, mut session: Session, directory: &PeerDirectory) -> String {
        let replaced = directory.replaced(self.node, session.peer_epoch);
        let registered_again = directory.registered_again(session.own_epoch);
        let mut replaced = std::pin::pin!(replaced.fuse());
        let mut registered_again = std::pin::pin!(registered_again.fuse());
        let mut watermarks_at = None;
        loop {
            if self.take_letters() && watermarks_at.is_none() {
                watermarks_at = Some(Instant::now() + WATERMARK_LINGER);
            }
            if watermarks_at.is_some_and(|at| at <= Instant::now()) {
                watermarks_at = None;
                self.queue.on_watermarks(self.inbox.take_watermarks());
            }
            let is_busy = self.send(&session.outgoing);
            self.start_cold_reads();
            let deadline = self.deadline(watermarks_at);
            tokio::select! { biased;
                message = session.incoming.message() => {
                    match message {
                        Ok(Some(message)) => {
                            if let Err(wrong) = self.on_message(message, session.peer_epoch).await {
                                return wrong.to_string();
                            }
                        }
                        Ok(None) => return "the follower ended it".to_owned(),
                        Err(status) => return status.message().to_owned(),
                    }
                }
                () = self.inbox.received() => {}
                Some(result) = self.cold.recv() => self.on_cold_result(result),
                room = session.outgoing.reserve(), if is_busy => {
                    if room.is_err() {
                        return "the stream broke".to_owned();
                    }
                }
                () = tokio::time::sleep_until(deadline) => {
                    if self.queue.is_empty() {
                        return "nothing to push".to_owned();
                    }
                }
                () = &mut replaced => return "the follower began another life".to_owned(),
                () = &mut registered_again => return "this broker registered again".to_owned(),
            }
        }
    }

    /// Whether there are watermarks to tell.
    fn take_letters(&mut self) -> bool {
        let taken = self.inbox.take();
        for change in taken.changes {
            self.queue.on_change(change);
        }
        for number in taken.records {
            self.queue.on_records(number);
        }
        taken.has_watermarks
    }

    /// Sends while there is something and the stream takes it; answers whether the
    /// stream is the reason for stopping.
    fn send(&mut self, outgoing: &mpsc::Sender<proto::ToFollower>) -> bool {
        loop {
            let Ok(room) = outgoing.try_reserve() else {
                return true;
            };
            let now = self.now();
            let Some(items) = self.queue.fill(now) else {
                return false;
            };
            room.send(to_follower(items));
        }
    }

    fn start_cold_reads(&mut self) {
        let now = self.now();
        while let Some(read) = self.queue.next_cold_read(now) {
            let done = self.cold_done.clone();
            self.ports.platform.offload.run(Box::new(move || {
                // There is room for each read; the link may be gone.
                let _ = done.try_send(read.run());
            }));
        }
    }

    fn on_cold_result(&mut self, result: ColdResult) {
        let now = self.now();
        if let Some(error) = self.queue.on_cold_result(result, now) {
            let node = self.node;
            self.failures.warn(|more| {
                tracing::warn!(broker = %node, more, "can not read for a follower: {error}");
            });
        }
    }

    /// When to look again if nothing happens.
    fn deadline(&self, watermarks_at: Option<Instant>) -> Instant {
        let idle = Instant::now() + IDLE_MAX;
        let cursors = self.queue.next_deadline().map(|at| self.origin + at);
        let first = cursors.into_iter().chain(watermarks_at).min();
        first.map_or(idle, |first| first.min(idle))
    }

    async fn on_message(
        &mut self,
        message: proto::ToLeader,
        peer_epoch: BrokerEpoch,
    ) -> Result<(), wire::Malformed> {
        let Some(proto::to_leader::Message::Batch(batch)) = message.message else {
            return Err(wire::Malformed("one welcome and then batches"));
        };
        let now = self.now();
        let mut shares: Vec<_> = self.ports.workers.iter().map(|_| Vec::new()).collect();
        for reply in wire::read_replies(batch)? {
            self.log_refusal(&reply);
            if let Some(reported) = self.queue.on_reply(&reply, peer_epoch, now) {
                shares[reported.worker].push((reported.partition, reported.report));
            }
        }
        for (worker, reports) in self.ports.workers.iter().zip(shares) {
            if reports.is_empty() {
                continue;
            }
            let command = Command::FollowerProgress {
                follower: self.node,
                reports,
            };
            // A worker that is gone leads nothing.
            let _ = worker.send(command).await;
        }
        Ok(())
    }
}

impl PeerLink {
    fn log_refusal(&self, reply: &Reply) {
        let ReplyBody::Rejected(rejection) = &reply.body else {
            return;
        };
        let (node, reason) = (self.node, rejection.reason);
        let (topic_id, partition, epoch) = (reply.topic_id, reply.partition, reply.leader_epoch);
        match reason {
            // Everyday: a follower's metadata is behind, or a search for where logs part.
            RejectReason::UnknownEpoch
            | RejectReason::Diverged
            | RejectReason::OutOfRange
            | RejectReason::FencedEpoch
            | RejectReason::Busy => {
                tracing::debug!(broker = %node, %topic_id, %partition, %epoch, ?reason,
                    "a follower refused");
            }
            RejectReason::NotReplica | RejectReason::Corrupt | RejectReason::StorageError => {
                self.failures.warn(|more| {
                    tracing::warn!(broker = %node, %topic_id, %partition, %epoch, more,
                        "a follower refused: {reason:?}");
                });
            }
        }
    }
}

fn limits(config: &ReplicaConfig) -> PushLimits {
    let message_bytes = config.fetch_response_bytes_max.min(MESSAGE_RECORD_BYTES);
    PushLimits {
        message_bytes,
        window_bytes: UNACKNOWLEDGED_BYTES_MAX,
        cold_window_bytes: UNACKNOWLEDGED_BYTES_MAX / 4,
        cold_reads: COLD_READS,
        cursor: CursorLimits {
            message_bytes: config.fetch_bytes_max,
            backoff_max: config.fetch_backoff,
            ..CursorLimits::default()
        },
    }
}

/// Connects, says who we are, and waits for the welcome; the error is for the log.
async fn open(
    directory: &PeerDirectory,
    node: NodeId,
    peer: &PeerAddress,
    own_epoch: BrokerEpoch,
) -> Result<Session, String> {
    let options = ClientOptions::new(directory.identity.clone());
    let connection = client::connect(&directory.network, &peer.address, &options)
        .await
        .map_err(|error| error.to_string())?;
    let hello = proto::to_follower::Message::Hello(proto::Hello {
        cluster_id: directory.identity.cluster_id.0.clone(),
        from_node: directory.identity.node_id.get(),
        from_broker_epoch: own_epoch.get(),
        to_node: node.get(),
    });
    let hello = proto::ToFollower {
        message: Some(hello),
    };
    // One message under way: while the stream is busy, the next one grows.
    let (outgoing, mut messages) = mpsc::channel(1);
    let messages = futures::stream::poll_fn(move |context| messages.poll_recv(context));
    let messages = futures::stream::once(std::future::ready(hello)).chain(messages);
    let mut client = ReplicationClient::new(connection.clone())
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX);
    let refused = |status: Status| status.message().to_owned();
    let mut incoming = client.link(messages).await.map_err(refused)?.into_inner();
    let first = incoming.message().await.map_err(refused)?;
    let Some(proto::to_leader::Message::Welcome(welcome)) = first.and_then(|first| first.message)
    else {
        return Err("it did not welcome us".to_owned());
    };
    Ok(Session {
        outgoing,
        incoming,
        peer_epoch: BrokerEpoch(welcome.broker_epoch),
        own_epoch,
        _connection: connection,
    })
}

fn to_follower(items: Vec<PushItem>) -> proto::ToFollower {
    let items = items.into_iter().map(wire::write_push).collect();
    proto::ToFollower {
        message: Some(proto::to_follower::Message::Batch(proto::ReplicateBatch {
            items,
        })),
    }
}
