//! What committed entries add up to: the metadata image, and a stream of records
//! for whoever follows.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use highwater_metadata::{MetadataImage, MetadataRecord, TransactionBuffer};
use highwater_platform::Clock;
use highwater_types::Offset;
use openraft::entry::RaftEntry;
use openraft::storage::{EntryResponder, RaftStateMachine};
use openraft::{EntryPayload, OptionalSend, RaftSnapshotBuilder};
use parking_lot::Mutex;

use super::snapshot_store::{self, SnapshotStore};
use super::types::{LogId, Snapshot, SnapshotMeta, StoredMembership, TypeConfig};

/// Hears of everything that is committed, in order, on the task that applies it.
pub(crate) trait CommitListener: Send + Sync + 'static {
    /// One change: the records of a whole transaction, or a single one, up to
    /// `last_offset`. Empty for entries that are Raft's own, and for records of a
    /// transaction that is still open.
    fn on_committed(&self, last_offset: Offset, records: &[MetadataRecord], image: &MetadataImage);

    /// Everything was replaced by a snapshot from the leader.
    fn on_snapshot(&self, image: &MetadataImage);
}

/// The state machine as openraft drives it. Clones share the state.
#[derive(Clone)]
pub(crate) struct MetadataStateMachine {
    applied: Arc<Mutex<Applied>>,
    snapshots: SnapshotStore,
    clock: Arc<dyn Clock>,
    listener: Arc<dyn CommitListener>,
}

struct Applied {
    image: MetadataImage,
    transactions: TransactionBuffer,
    last: Option<LogId>,
    /// The last entry outside of any transaction: what a snapshot may end with.
    stable: Option<LogId>,
    membership: StoredMembership,
    stable_membership: StoredMembership,
}

/// Holds one moment of the state to write it down.
pub(crate) struct MetadataSnapshotBuilder {
    image: MetadataImage,
    meta: SnapshotMeta,
    snapshots: SnapshotStore,
    clock: Arc<dyn Clock>,
}

impl MetadataStateMachine {
    /// Begins with the newest snapshot on disk.
    ///
    /// # Errors
    /// When the snapshot can not be read.
    pub(crate) fn open(
        snapshots: SnapshotStore,
        clock: Arc<dyn Clock>,
        listener: Arc<dyn CommitListener>,
    ) -> io::Result<Self> {
        let applied = match snapshots.newest()? {
            Some(snapshot) => restore(&snapshot.meta, snapshot.snapshot)?,
            None => Applied {
                image: MetadataImage::empty(),
                transactions: TransactionBuffer::default(),
                last: None,
                stable: None,
                membership: StoredMembership::default(),
                stable_membership: StoredMembership::default(),
            },
        };
        listener.on_snapshot(&applied.image);
        Ok(Self {
            applied: Arc::new(Mutex::new(applied)),
            snapshots,
            clock,
            listener,
        })
    }
}

fn restore(meta: &SnapshotMeta, bytes: Bytes) -> io::Result<Applied> {
    let last = meta
        .last_log_id
        .ok_or_else(|| io::Error::other("a snapshot of nothing"))?;
    let content = snapshot_store::decode(&snapshot_store::name(last), bytes)?;
    let mut image = MetadataImage::empty();
    for record in content.records {
        let record = MetadataRecord::decode(&record).map_err(io::Error::other)?;
        image.replay(&record).map_err(io::Error::other)?;
    }
    image.set_last_offset(Offset(last.index().cast_signed()));
    Ok(Applied {
        image,
        transactions: TransactionBuffer::default(),
        last: Some(last),
        stable: Some(last),
        membership: content.meta.last_membership.clone(),
        stable_membership: content.meta.last_membership,
    })
}

impl Applied {
    /// Applies one entry; the records that took effect by it.
    fn apply(
        &mut self,
        log_id: LogId,
        payload: EntryPayload<super::types::ProposedRecord, u64, super::types::Voter>,
    ) -> io::Result<Vec<MetadataRecord>> {
        let term = log_id.committed_leader_id().term;
        let records = match payload {
            EntryPayload::Blank => {
                // A new leader's first entry ends whatever the last one left open.
                self.transactions.on_term(term);
                Vec::new()
            }
            EntryPayload::Membership(membership) => {
                self.membership = StoredMembership::new(Some(log_id), membership);
                Vec::new()
            }
            EntryPayload::Normal(record) => {
                let record = MetadataRecord::decode(&record.0).map_err(io::Error::other)?;
                self.transactions.on_record(term, record)
            }
        };
        for record in &records {
            // The active controller decided on this very state; a record that does
            // not fit means that the states have diverged.
            self.image.replay(record).map_err(|error| {
                io::Error::other(format!(
                    "metadata record {} at {log_id}: {error}",
                    record.name()
                ))
            })?;
        }
        self.image
            .set_last_offset(Offset(log_id.index().cast_signed()));
        self.last = Some(log_id);
        if !self.transactions.is_open() {
            self.stable = Some(log_id);
            self.stable_membership = self.membership.clone();
        }
        Ok(records)
    }
}

impl RaftStateMachine<TypeConfig> for MetadataStateMachine {
    type SnapshotData = Bytes;
    type SnapshotBuilder = MetadataSnapshotBuilder;

    async fn applied_state(&mut self) -> io::Result<(Option<LogId>, StoredMembership)> {
        let applied = self.applied.lock();
        Ok((applied.last, applied.membership.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> io::Result<()>
    where
        S: Stream<Item = Result<EntryResponder<TypeConfig>, io::Error>> + Unpin + OptionalSend,
    {
        while let Some(entry) = entries.next().await {
            let (entry, responder) = entry?;
            let log_id = entry.log_id();
            {
                let applied = &mut *self.applied.lock();
                let records = applied.apply(log_id, entry.payload)?;
                let offset = Offset(log_id.index().cast_signed());
                self.listener.on_committed(offset, &records, &applied.image);
            }
            if let Some(responder) = responder {
                responder.send(());
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Self::SnapshotBuilder {
        let applied = self.applied.lock();
        MetadataSnapshotBuilder {
            // Records of an open transaction are not in the image, so it is the
            // state at the last stable entry.
            image: applied.image.clone(),
            meta: SnapshotMeta {
                last_log_id: applied.stable,
                last_membership: applied.stable_membership.clone(),
            },
            snapshots: self.snapshots.clone(),
            clock: self.clock.clone(),
        }
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, snapshot: Bytes) -> io::Result<()> {
        let restored = restore(meta, snapshot.clone())?;
        if let Some(last) = restored.last {
            self.snapshots.save(last, &snapshot)?;
        }
        let applied = &mut *self.applied.lock();
        *applied = restored;
        self.listener.on_snapshot(&applied.image);
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> io::Result<Option<Snapshot>> {
        self.snapshots.newest()
    }
}

impl RaftSnapshotBuilder<TypeConfig> for MetadataSnapshotBuilder {
    type SnapshotData = Bytes;

    async fn build_snapshot(&mut self) -> io::Result<Snapshot> {
        let records: Result<Vec<Bytes>, _> = self
            .image
            .to_records()
            .iter()
            .map(MetadataRecord::encode)
            .collect();
        let records = records.map_err(io::Error::other)?;
        let bytes = snapshot_store::encode(&self.meta, &records, self.clock.now())?;
        if let Some(last) = self.meta.last_log_id {
            self.snapshots.save(last, &bytes)?;
        }
        Ok(Snapshot {
            meta: self.meta.clone(),
            snapshot: bytes,
        })
    }
}
