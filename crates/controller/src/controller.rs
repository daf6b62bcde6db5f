//! The single-writer loop, and the controller as others see it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::Context;
use highwater_metadata::{ControllerSettings, ControllerState};
use highwater_platform::{Entropy, Platform};
use highwater_rpc::{ChannelError, ControllerChannel};
use highwater_storage::Disk;
use openraft::SnapshotPolicy;
use openraft::async_runtime::WatchReceiver;
use openraft::metrics::RaftServerMetrics;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::active::{Active, LeadershipLost};
use crate::channel::{self, Call, Channel, REQUESTS_MAX, Status};
use crate::config::ControllerConfig;
use crate::observer::ControllerObserver;
use crate::quorum::log_store::{LogStore, LogStoreConfig};
use crate::quorum::network::QuorumNetwork;
use crate::quorum::state_machine::{StateMachine, StateMachineConfig};
use crate::quorum::types::{
    LogId, Raft, SeededRuntime, TypeConfig, VoterId, VoterNode, leader_of, offset_of,
};

/// The folder of the metadata log, named after Kafka's.
pub(crate) const METADATA_LOG_DIR: &str = "__cluster_metadata-0";
/// How long the start waits for a quorum of this node alone.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How often it is looked at whether a checkpoint is due.
const CHECKPOINT_CHECK_INTERVAL: Duration = Duration::from_secs(10);
/// Milliseconds between heartbeats of the quorum's leader. An election starts after
/// three to six without one, which lets a failover end within a second.
const BEAT_MS: u64 = 50;
const BEAT_ALONE_MS: u64 = 1000;
/// Entries kept behind the newest checkpoint, so that a voter that was away for a
/// moment gets entries and not the whole checkpoint.
const ENTRIES_KEPT: u64 = 10_000;

/// One controller: a voter of the metadata quorum, and its leader's decisions while the
/// quorum has chosen this node.
///
/// Owned by the process that starts it. [`Self::shutdown`] stops it in order; dropping it
/// leaves it running until the runtime ends.
pub struct Controller {
    channel: Arc<Channel>,
    log_store: LogStore,
    state_machine: StateMachine,
    raft: Raft,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Controller {
    /// Opens the metadata log, joins the quorum, and starts to decide once this node leads
    /// it. A quorum of this node alone is led, and a new cluster's first record committed,
    /// when this returns.
    ///
    /// # Errors
    /// When the log can not be opened or read, or a quorum of one does not get going.
    pub async fn start(
        config: ControllerConfig,
        disk: Arc<dyn Disk>,
        platform: Platform,
    ) -> anyhow::Result<Self> {
        let seed = platform.entropy.next_u64();
        SeededRuntime::scope(seed, Self::start_seeded(config, disk, platform)).await
    }

    async fn start_seeded(
        config: ControllerConfig,
        disk: Arc<dyn Disk>,
        platform: Platform,
    ) -> anyhow::Result<Self> {
        let dir = config.metadata_dir.join(METADATA_LOG_DIR);
        let log_store = LogStore::open(LogStoreConfig {
            dir: dir.clone(),
            disk: disk.clone(),
            offload: platform.offload.clone(),
            clock: platform.clock.clone(),
            segment_bytes: config.segment_bytes,
        })
        .with_context(|| format!("the metadata log {}", dir.display()))?;
        let state_machine = StateMachine::open(StateMachineConfig {
            dir: dir.clone(),
            disk,
            offload: platform.offload.clone(),
            clock: platform.clock.clone(),
        })
        .with_context(|| format!("the checkpoints in {}", dir.display()))?;
        if log_store.purged() > state_machine.last_applied() {
            anyhow::bail!(
                "{}: the log begins after the newest readable checkpoint",
                dir.display()
            );
        }
        let raft = start_raft(&config, &log_store, &state_machine).await?;
        let (requests, incoming) = mpsc::channel(REQUESTS_MAX);
        let (status, status_seen) = watch::channel(Status::default());
        let (streams, _) = mpsc::unbounded_channel();
        let (stop, stop_seen) = watch::channel(false);
        let alone = config.voters.len() <= 1;
        let main = Loop {
            settings: ControllerSettings {
                cluster_id: config.cluster_id.clone(),
                broker_session_timeout_ms: millis(config.broker_session_timeout),
                configs: config.properties.clone(),
            },
            raft: raft.clone(),
            state_machine: state_machine.clone(),
            entropy: platform.entropy.clone(),
            started: Instant::now(),
            requests: incoming,
            stop: stop_seen,
            status,
            active: None,
            lost_term: None,
            checkpoint: CheckpointPolicy {
                record_bytes: config.snapshot_record_bytes,
                interval: config.snapshot_interval,
                last: Instant::now(),
            },
        };
        let seed = platform.entropy.next_u64();
        let controller = Self {
            channel: Arc::new(Channel {
                requests,
                state_machine: state_machine.clone(),
                status: status_seen,
                streams,
                streams_opened: AtomicU64::new(0),
            }),
            log_store,
            state_machine,
            raft,
            stop,
            task: tokio::spawn(SeededRuntime::scope(seed, main.run())),
        };
        if alone {
            controller.wait_active().await?;
        }
        Ok(controller)
    }

    /// The way for brokers of this process.
    #[must_use]
    pub fn channel(&self) -> Arc<dyn ControllerChannel> {
        self.channel.clone()
    }

    /// A window into this controller, which may outlive it.
    #[must_use]
    pub fn observer(&self) -> ControllerObserver {
        ControllerObserver {
            state_machine: self.state_machine.clone(),
            status: self.channel.status.clone(),
        }
    }

    /// Resolves when the controller has stopped by itself, with the reason: its disk
    /// failed, or its log makes no sense. The process has to end then.
    pub async fn failed(&self) -> String {
        let mut status = self.channel.status.clone();
        loop {
            if let Some(reason) = status.borrow_and_update().stopped.clone() {
                return reason;
            }
            if status.changed().await.is_err() {
                return "the controller has ended".to_owned();
            }
        }
    }

    /// Writes a checkpoint now, beside those that size and time ask for, and waits for it.
    ///
    /// # Errors
    /// When Raft has stopped.
    pub async fn checkpoint(&self) -> anyhow::Result<()> {
        let last = self.state_machine.last_applied();
        let mut written = self.raft.watch_snapshot_progress();
        self.raft.trigger().snapshot().await?;
        written.wait_until_ge(&last).await?;
        Ok(())
    }

    /// Stops deciding, leaves the quorum and closes the log.
    ///
    /// # Errors
    /// When the log can not be closed in order; it is then recovered at the next start.
    pub async fn shutdown(self) -> io::Result<()> {
        self.stop.send_replace(true);
        let _ = self.task.await;
        self.state_machine.end_subscriptions();
        self.log_store.close().await
    }

    async fn wait_active(&self) -> anyhow::Result<()> {
        let mut status = self.channel.status.clone();
        let active = status.wait_for(|status| status.active || status.stopped.is_some());
        let reached = tokio::time::timeout(START_TIMEOUT, active)
            .await
            .context("the metadata quorum did not get going")??;
        match &reached.stopped {
            None => Ok(()),
            Some(reason) => anyhow::bail!("the controller stopped: {reason}"),
        }
    }
}

async fn start_raft(
    config: &ControllerConfig,
    log_store: &LogStore,
    state_machine: &StateMachine,
) -> anyhow::Result<Raft> {
    // Raft's clock ticks some times per heartbeat. A node alone hears no heartbeats and
    // waits for no election, so that its clock may be slow.
    let beat_ms = if config.voters.len() <= 1 {
        BEAT_ALONE_MS
    } else {
        BEAT_MS
    };
    let raft_config = openraft::Config {
        heartbeat_interval: beat_ms,
        election_timeout_min: 3 * beat_ms,
        election_timeout_max: 6 * beat_ms,
        cluster_name: config.cluster_id.to_string(),
        enable_pre_vote: Some(true),
        // A leader that went down may have lost what it had not flushed. Leading on in
        // the same term, it would write other entries under the same index and term.
        enable_leader_restore: Some(false),
        // The loop asks for checkpoints by size and time.
        snapshot_policy: SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: ENTRIES_KEPT,
        replication_lag_threshold: 10 * ENTRIES_KEPT,
        ..openraft::Config::default()
    };
    let id = config.voter_id();
    let raft = Raft::new(
        id,
        Arc::new(raft_config.validate()?),
        QuorumNetwork,
        log_store.clone(),
        state_machine.clone(),
    )
    .await?;
    let voters: BTreeMap<VoterId, VoterNode> = if config.voters.is_empty() {
        BTreeMap::from([(id, VoterNode::default())])
    } else {
        config.voters.clone()
    };
    if !raft.is_initialized().await? {
        // Elects as well.
        raft.initialize(voters).await?;
        return Ok(raft);
    }
    let alone = raft
        .with_raft_state(move |state| {
            let membership = state.membership_state.effective();
            membership.voter_ids().eq([id])
        })
        .await?;
    if alone {
        // Nobody else can be elected, so there is nothing to wait for.
        raft.trigger().elect(false).await?;
    }
    Ok(raft)
}

struct Loop {
    settings: ControllerSettings,
    raft: Raft,
    state_machine: StateMachine,
    entropy: Arc<dyn Entropy>,
    started: Instant,
    requests: mpsc::Receiver<Call>,
    stop: watch::Receiver<bool>,
    status: watch::Sender<Status>,
    active: Option<Active>,
    /// Raft may still say for a moment that this node leads in a term that is lost.
    lost_term: Option<u64>,
    checkpoint: CheckpointPolicy,
}

struct CheckpointPolicy {
    record_bytes: u64,
    interval: Duration,
    last: Instant,
}

impl Loop {
    async fn run(mut self) {
        let reason = self.run_until_stopped().await;
        if let Some(active) = self.active.take() {
            active.abandon();
        }
        if let Err(error) = self.raft.shutdown().await {
            tracing::warn!(%error, "Raft did not stop in order");
        }
        self.status.send_modify(|status| {
            status.active = false;
            status.stopped = Some(reason.unwrap_or_else(|| "shut down".to_owned()));
        });
    }

    /// Runs until it is told to stop, or answers why Raft has stopped.
    async fn run_until_stopped(&mut self) -> Option<String> {
        // Of all metrics these change only when something happened.
        let mut metrics = self.raft.server_metrics();
        let mut applied = self.state_machine.applied();
        let mut checkpoint_check = tokio::time::interval(CHECKPOINT_CHECK_INTERVAL);
        checkpoint_check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let current = metrics.borrow_and_update().clone();
            let last_applied = *applied.borrow_and_update();
            self.follow_leadership(&current, last_applied).await;
            channel::tell_leader(&self.status, leader_of(&current));
            let deadline = self.next_deadline();
            tokio::select! {
                biased;
                _ = self.stop.changed() => return None,
                changed = metrics.changed() => if changed.is_err() {
                    return Some(self.why_stopped());
                },
                _ = applied.changed(), if self.active.is_none() => {}
                committed = commit_next(&mut self.active) => self.unless_lost(committed),
                () = at(deadline) => self.on_session_deadline().await,
                _ = checkpoint_check.tick() => self.maybe_checkpoint().await,
                call = self.requests.recv() => match call {
                    Some(call) => self.on_call(call, &current).await,
                    None => return None,
                },
            }
        }
    }

    /// Why Raft has stopped.
    fn why_stopped(&self) -> String {
        let state = self.raft.metrics().borrow_watched().running_state.clone();
        let stopped = || "Raft has stopped".to_owned();
        state.err().map_or_else(stopped, |error| error.to_string())
    }

    /// Becomes active once this node leads and everything committed before is applied;
    /// stops being active when it does not lead any more.
    async fn follow_leadership(
        &mut self,
        metrics: &RaftServerMetrics<TypeConfig>,
        applied: Option<LogId>,
    ) {
        let leads = metrics
            .state
            .is_leader()
            .then_some(metrics.vote.leader_id.term);
        if let Some(active) = &self.active {
            if leads != Some(active.term()) {
                self.lose_leadership();
            }
            return;
        }
        let (Some(term), Some(applied)) = (leads, applied) else {
            return;
        };
        // A leader's first entry is its own; when it is applied, so is everything before.
        if applied.leader_id.term != term || self.lost_term >= Some(term) {
            return;
        }
        let image = self.state_machine.image();
        let state = ControllerState::new(self.settings.clone(), image, self.now_ms());
        let next_offset = offset_of(applied.index + 1);
        tracing::info!(term, %next_offset, "this node is the active controller");
        let mut active = Active::new(term, state, next_offset);
        let left_open = self.state_machine.has_open_transaction();
        let begun = active.begin(&self.raft, left_open).await;
        self.active = Some(active);
        self.unless_lost(begun);
        self.status.send_modify(|status| status.recovered = true);
    }

    fn lose_leadership(&mut self) {
        if let Some(active) = self.active.take() {
            tracing::info!(
                term = active.term(),
                "this node is not the active controller any more"
            );
            self.lost_term = Some(active.term());
            active.abandon();
        }
        self.status.send_modify(|status| status.active = false);
    }

    fn unless_lost(&mut self, result: Result<(), LeadershipLost>) {
        match result {
            Err(LeadershipLost) => self.lose_leadership(),
            Ok(()) => {
                let settled = self.active.as_ref().is_some_and(Active::is_settled);
                if settled && !self.status.borrow().active {
                    self.status.send_modify(|status| status.active = true);
                }
            }
        }
    }

    async fn on_call(&mut self, call: Call, metrics: &RaftServerMetrics<TypeConfig>) {
        let now_ms = self.now_ms();
        let Some(active) = &mut self.active else {
            let error = ChannelError::NotController {
                active: leader_of(metrics).filter(|leader| leader.id != metrics.id.node),
            };
            let _ = call.reply.send(Err(error));
            return;
        };
        let decided = active
            .on_request(
                &self.raft,
                &*self.entropy,
                now_ms,
                &call.request,
                call.reply,
            )
            .await;
        self.unless_lost(decided);
    }

    /// Fences who is silent for too long. Heartbeats that wait in the queue count first:
    /// it may be this loop that was late.
    async fn on_session_deadline(&mut self) {
        let metrics = self.raft.server_metrics().borrow_watched().clone();
        for _ in 0..REQUESTS_MAX {
            let Ok(call) = self.requests.try_recv() else {
                break;
            };
            self.on_call(call, &metrics).await;
        }
        let now_ms = self.now_ms();
        let Some(active) = &mut self.active else {
            return;
        };
        match active.fence_silent_brokers(&self.raft, now_ms).await {
            Ok(fenced) => {
                for id in fenced {
                    tracing::warn!(broker = %id, "no heartbeat within the session timeout: fenced");
                }
            }
            Err(LeadershipLost) => self.lose_leadership(),
        }
    }

    async fn maybe_checkpoint(&mut self) {
        let bytes = self.state_machine.bytes_since_checkpoint();
        let old = self.checkpoint.last.elapsed() >= self.checkpoint.interval;
        if bytes == 0 || (bytes < self.checkpoint.record_bytes && !old) {
            return;
        }
        self.checkpoint.last = Instant::now();
        if let Err(error) = self.raft.trigger().snapshot().await {
            // The metrics say so as well, which ends the loop.
            tracing::error!(%error, "no checkpoint: Raft has stopped");
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        let deadline_ms = self.active.as_ref()?.next_deadline_ms()?;
        Some(self.started + Duration::from_millis(deadline_ms))
    }

    /// Time of the loop's own clock.
    fn now_ms(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

async fn commit_next(active: &mut Option<Active>) -> Result<(), LeadershipLost> {
    match active {
        Some(active) => active.commit_next().await,
        None => std::future::pending().await,
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
