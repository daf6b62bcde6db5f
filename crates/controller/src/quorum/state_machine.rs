//! What the quorum has committed: the image that brokers follow.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use highwater_metadata::{MetadataImage, MetadataRecord, TransactionBuffer};
use highwater_platform::{Clock, Offload};
use highwater_rpc::MetadataStream;
use highwater_storage::Disk;
use highwater_types::Offset;
use openraft::storage::{EntryResponder, RaftSnapshotBuilder, RaftStateMachine};
use openraft::{EntryPayload, OptionalSend};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::checkpoint::Checkpoint;
use super::files::offloaded;
use super::types::{
    Entry, LogId, Snapshot, SnapshotMeta, StoredMembership, TypeConfig, invalid_data, offset_of,
};
use super::{checkpoint_file, types::EncodedRecord};
use crate::publisher::Publisher;

/// Where checkpoints are kept.
#[derive(Clone)]
pub(crate) struct StateMachineConfig {
    pub dir: PathBuf,
    pub disk: Arc<dyn Disk>,
    pub offload: Arc<dyn Offload>,
    pub clock: Arc<dyn Clock>,
}

/// Replays committed entries. Clones share the state.
///
/// The state is in memory; it is rebuilt from the newest checkpoint and the log when the
/// node starts. An entry inside a metadata transaction changes nothing until the
/// transaction's end, so checkpoints are taken at the last entry outside of one.
#[derive(Clone)]
pub(crate) struct StateMachine {
    shared: Arc<Shared>,
}

struct Shared {
    config: StateMachineConfig,
    state: Mutex<State>,
    applied: watch::Sender<Option<LogId>>,
}

struct State {
    last_applied: Option<LogId>,
    membership: StoredMembership,
    /// The state after the last entry outside of a transaction.
    complete: Checkpoint,
    transaction: TransactionBuffer,
    /// A transaction was left open by a leader that is gone, and the log does not say so yet.
    left_open: bool,
    publisher: Publisher,
    /// Bytes of records applied since the last checkpoint.
    record_bytes: u64,
    current: Option<(SnapshotMeta, Bytes)>,
}

impl StateMachine {
    /// Starts with the newest checkpoint.
    pub(crate) fn open(config: StateMachineConfig) -> io::Result<Self> {
        let (complete, current) = match checkpoint_file::newest(&*config.disk, &config.dir)? {
            None => (Checkpoint::default(), None),
            Some((checkpoint, content)) => {
                let current = Some((meta_of(&checkpoint), content));
                (checkpoint, current)
            }
        };
        let state = State {
            last_applied: complete.last,
            membership: complete.membership.clone(),
            publisher: Publisher::new(complete.image.last_offset()),
            complete,
            transaction: TransactionBuffer::default(),
            left_open: false,
            record_bytes: 0,
            current,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                applied: watch::Sender::new(state.last_applied),
                state: Mutex::new(state),
            }),
        })
    }

    /// The committed image.
    pub(crate) fn image(&self) -> MetadataImage {
        self.shared.state.lock().complete.image.clone()
    }

    /// The last applied entry, and when it changes.
    pub(crate) fn applied(&self) -> watch::Receiver<Option<LogId>> {
        self.shared.applied.subscribe()
    }

    /// Whether the log has a transaction that began and neither ended nor was aborted.
    pub(crate) fn has_open_transaction(&self) -> bool {
        let state = self.shared.state.lock();
        state.left_open || state.transaction.is_open()
    }

    /// Bytes of records applied since the last checkpoint.
    pub(crate) fn bytes_since_checkpoint(&self) -> u64 {
        self.shared.state.lock().record_bytes
    }

    /// Committed records after `last_seen`.
    pub(crate) fn subscribe(&self, last_seen: Offset) -> MetadataStream {
        let mut state = self.shared.state.lock();
        let state = &mut *state;
        state.publisher.subscribe(last_seen, &state.complete.image)
    }

    /// Ends all subscriptions: this controller follows the quorum no longer.
    pub(crate) fn end_subscriptions(&self) {
        self.shared.state.lock().publisher.end();
    }

    pub(crate) fn last_applied(&self) -> Option<LogId> {
        self.shared.state.lock().last_applied
    }
}

impl State {
    fn apply(&mut self, entry: Entry) -> io::Result<()> {
        let log_id = entry.log_id;
        let term = log_id.leader_id.term;
        self.left_open |= self.transaction.on_term(term);
        match entry.payload {
            EntryPayload::Blank => {}
            EntryPayload::Membership(membership) => {
                self.membership = StoredMembership::new(Some(log_id), membership);
            }
            EntryPayload::Normal(EncodedRecord(bytes)) => self.apply_record(&log_id, &bytes)?,
        }
        self.last_applied = Some(log_id);
        if !self.transaction.is_open() {
            self.complete.last = Some(log_id);
            self.complete.membership = self.membership.clone();
            self.complete.image.set_last_offset(offset_of(log_id.index));
        }
        Ok(())
    }

    fn apply_record(&mut self, log_id: &LogId, bytes: &Bytes) -> io::Result<()> {
        let at = |error: &dyn std::fmt::Display| {
            invalid_data(format!(
                "metadata record at offset {}: {error}",
                log_id.index
            ))
        };
        let record = MetadataRecord::decode(bytes).map_err(|error| at(&error))?;
        self.record_bytes += bytes.len() as u64;
        if matches!(record, MetadataRecord::AbortTransaction(_)) {
            self.left_open = false;
        }
        let records = self.transaction.on_record(log_id.leader_id.term, record);
        if records.is_empty() {
            return Ok(());
        }
        let mut encoded = Vec::with_capacity(records.len());
        for record in &records {
            self.complete
                .image
                .replay(record)
                .map_err(|error| at(&error))?;
            encoded.push(record.encode().map_err(|error| at(&error))?);
        }
        self.publisher.publish(offset_of(log_id.index), encoded);
        Ok(())
    }
}

impl RaftStateMachine<TypeConfig> for StateMachine {
    type SnapshotData = Bytes;
    type SnapshotBuilder = Self;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        let state = self.shared.state.lock();
        Ok((state.last_applied, state.membership.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> Result<(), io::Error>
    where
        S: Stream<Item = Result<EntryResponder<TypeConfig>, io::Error>> + Unpin + OptionalSend,
    {
        while let Some((entry, responder)) = entries.try_next().await? {
            let log_id = entry.log_id;
            self.shared.state.lock().apply(entry)?;
            self.shared.applied.send_replace(Some(log_id));
            if let Some(responder) = responder {
                responder.send(());
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Self {
        self.clone()
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta,
        snapshot: Bytes,
    ) -> Result<(), io::Error> {
        let checkpoint = Checkpoint::decode(snapshot.clone(), meta.last_log_id)?;
        self.write(meta.last_log_id, snapshot.clone()).await?;
        let mut state = self.shared.state.lock();
        let state = &mut *state;
        state.last_applied = checkpoint.last;
        state.membership = checkpoint.membership.clone();
        state.transaction = TransactionBuffer::default();
        state.left_open = false;
        state.record_bytes = 0;
        state.current = Some((meta.clone(), snapshot));
        state.publisher.publish_snapshot(&checkpoint.image);
        state.complete = checkpoint;
        self.shared.applied.send_replace(state.last_applied);
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, io::Error> {
        let current = self.shared.state.lock().current.clone();
        Ok(current.map(|(meta, snapshot)| Snapshot { meta, snapshot }))
    }
}

impl StateMachine {
    async fn write(&self, last: Option<LogId>, content: Bytes) -> io::Result<()> {
        // Before the first entry there is nothing that would have to be kept.
        let Some(last) = last else { return Ok(()) };
        let config = self.shared.config.clone();
        offloaded(&self.shared.config.offload, move || {
            checkpoint_file::write(&*config.disk, &config.dir, &last, &content)
        })
        .await
    }
}

impl RaftSnapshotBuilder<TypeConfig> for StateMachine {
    type SnapshotData = Bytes;

    async fn build_snapshot(&mut self) -> Result<Snapshot, io::Error> {
        let (checkpoint, record_bytes) = {
            let state = self.shared.state.lock();
            (state.complete.clone(), state.record_bytes)
        };
        let snapshot = checkpoint.encode(self.shared.config.clock.now())?;
        self.write(checkpoint.last, snapshot.clone()).await?;
        let meta = meta_of(&checkpoint);
        let mut state = self.shared.state.lock();
        state.current = Some((meta.clone(), snapshot.clone()));
        state.record_bytes = state.record_bytes.saturating_sub(record_bytes);
        Ok(Snapshot { meta, snapshot })
    }
}

fn meta_of(checkpoint: &Checkpoint) -> SnapshotMeta {
    SnapshotMeta {
        last_log_id: checkpoint.last,
        last_membership: checkpoint.membership.clone(),
    }
}
