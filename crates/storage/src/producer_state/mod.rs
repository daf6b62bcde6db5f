//! What a log knows of its idempotent and transactional producers. KIP-98, KIP-360.

mod entry;
mod snapshot;
mod snapshot_files;

use std::collections::BTreeMap;

use highwater_protocol::record::BatchHeader;

pub(crate) use entry::BatchMetadata;
use entry::ProducerEntry;
pub(crate) use snapshot_files::SnapshotFiles;

use crate::append::AppendOrigin;
use crate::error::AppendError;

/// What a control batch says, if it ends a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) committed: bool,
    pub(crate) coordinator_epoch: i32,
    pub(crate) timestamp: i64,
}

/// A transaction that a marker has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CompletedTxn {
    pub(crate) producer_id: i64,
    pub(crate) first_offset: i64,
    /// The marker's offset.
    pub(crate) last_offset: i64,
    pub(crate) aborted: bool,
    /// The last stable offset once the marker is replicated.
    pub(crate) last_stable_offset: i64,
}

/// The producers of one log, as of `end_offset`.
///
/// Invariant: each open transaction belongs to a producer whose entry names its
/// first offset.
#[derive(Debug, Default)]
pub(crate) struct ProducerState {
    producers: BTreeMap<i64, ProducerEntry>,
    /// Open transactions: first offset to producer.
    ongoing: BTreeMap<i64, i64>,
    /// Transactions whose marker is not committed yet: first offset to marker's offset.
    unreplicated: BTreeMap<i64, i64>,
    /// Everything below was looked at.
    end_offset: i64,
}

impl ProducerState {
    /// Nothing is known, and everything below `offset` was looked at.
    pub(crate) fn empty_at(offset: i64) -> Self {
        Self {
            end_offset: offset,
            ..Self::default()
        }
    }

    fn from_snapshot(producers: BTreeMap<i64, ProducerEntry>, offset: i64) -> Self {
        let txn = |(id, entry): (&i64, &ProducerEntry)| entry.txn_first_offset.map(|f| (f, *id));
        Self {
            ongoing: producers.iter().filter_map(txn).collect(),
            producers,
            unreplicated: BTreeMap::new(),
            end_offset: offset,
        }
    }

    pub(crate) fn end_offset(&self) -> i64 {
        self.end_offset
    }

    pub(crate) fn set_end_offset(&mut self, offset: i64) {
        self.end_offset = offset;
    }

    /// Checks a batch that is about to be appended. Answers the batch of which
    /// it is a repetition, if it is one.
    pub(crate) fn check(
        &self,
        header: &BatchHeader,
        marker: Option<&Marker>,
        origin: AppendOrigin,
    ) -> Result<Option<BatchMetadata>, AppendError> {
        if !header.has_producer_id() || origin == AppendOrigin::Replication {
            return Ok(None);
        }
        let Some(entry) = self.producers.get(&header.producer_id) else {
            return Ok(None);
        };
        let client = origin == AppendOrigin::Client;
        if client && let Some(duplicate) = entry.find_duplicate(header) {
            return Ok(Some(duplicate));
        }
        if header.producer_epoch < entry.epoch {
            return Err(AppendError::InvalidProducerEpoch(format!(
                "producer {} has epoch {}, so that a batch of epoch {} is too late",
                header.producer_id, entry.epoch, header.producer_epoch
            )));
        }
        if let Some(marker) = marker {
            return check_coordinator(entry, header, marker);
        }
        if client {
            check_sequence(entry, header)?;
        }
        if entry.txn_first_offset.is_some() && !header.is_transactional() && !header.is_control() {
            return Err(AppendError::InvalidTxnState(format!(
                "producer {} has an open transaction, but the batch is not part of it",
                header.producer_id
            )));
        }
        Ok(None)
    }

    /// Takes note of a batch that was appended. Answers the transaction that it
    /// completes, if it does.
    pub(crate) fn on_appended(
        &mut self,
        header: &BatchHeader,
        marker: Option<&Marker>,
    ) -> Option<CompletedTxn> {
        self.end_offset = header.next_offset();
        if !header.has_producer_id() {
            return None;
        }
        if header.is_control() {
            return self.on_marker(header, marker?);
        }
        let entry = self
            .producers
            .entry(header.producer_id)
            .or_insert_with(|| ProducerEntry::new(header.producer_epoch));
        let batch = BatchMetadata {
            last_sequence: header.last_sequence(),
            last_offset: header.last_offset(),
            offset_delta: header.last_offset_delta,
            timestamp: header.max_timestamp,
        };
        entry.add_batch(header.producer_epoch, batch);
        if header.is_transactional() && entry.txn_first_offset.is_none() {
            entry.txn_first_offset = Some(header.base_offset);
            self.ongoing.insert(header.base_offset, header.producer_id);
        }
        None
    }

    fn on_marker(&mut self, header: &BatchHeader, marker: &Marker) -> Option<CompletedTxn> {
        let entry = self
            .producers
            .entry(header.producer_id)
            .or_insert_with(|| ProducerEntry::new(header.producer_epoch));
        entry.set_epoch(header.producer_epoch);
        entry.coordinator_epoch = marker.coordinator_epoch;
        entry.last_timestamp = marker.timestamp;
        // A marker without records before it ends nothing.
        let first_offset = entry.txn_first_offset.take()?;
        self.ongoing.remove(&first_offset);
        let last_offset = header.last_offset();
        self.unreplicated.insert(first_offset, last_offset);
        let next_open = self.ongoing.keys().next().copied();
        Some(CompletedTxn {
            producer_id: header.producer_id,
            first_offset,
            last_offset,
            aborted: !marker.committed,
            last_stable_offset: next_open.unwrap_or(last_offset + 1),
        })
    }

    /// The first offset whose transaction is open, or whose marker is not committed yet.
    pub(crate) fn first_unstable_offset(&self) -> Option<i64> {
        let open = self.ongoing.keys().next();
        let unreplicated = self.unreplicated.keys().next();
        open.into_iter().chain(unreplicated).min().copied()
    }

    pub(crate) fn on_high_watermark(&mut self, high_watermark: i64) {
        if !self.unreplicated.is_empty() {
            self.unreplicated
                .retain(|_, last_offset| *last_offset >= high_watermark);
        }
    }

    /// Forgets producers that are idle and have no open transaction.
    pub(crate) fn expire(&mut self, now: i64, expiration_ms: i64) {
        self.producers.retain(|_, entry| {
            entry.txn_first_offset.is_some()
                || now.saturating_sub(entry.last_timestamp) < expiration_ms
        });
    }

    /// The producers and what is known of them, for DescribeProducers and snapshots.
    pub(crate) fn producers(&self) -> &BTreeMap<i64, ProducerEntry> {
        &self.producers
    }
}

fn check_coordinator(
    entry: &ProducerEntry,
    header: &BatchHeader,
    marker: &Marker,
) -> Result<Option<BatchMetadata>, AppendError> {
    if entry.coordinator_epoch > marker.coordinator_epoch {
        return Err(AppendError::TransactionCoordinatorFenced(format!(
            "the marker for producer {} comes from coordinator epoch {}, after one of epoch {}",
            header.producer_id, marker.coordinator_epoch, entry.coordinator_epoch
        )));
    }
    Ok(None)
}

fn check_sequence(entry: &ProducerEntry, header: &BatchHeader) -> Result<(), AppendError> {
    let first = header.base_sequence;
    let refuse = |last: i32| {
        Err(AppendError::OutOfOrderSequence(format!(
            "producer {} of epoch {} sends sequence {first}, but its last one was {last} of epoch {}",
            header.producer_id, header.producer_epoch, entry.epoch
        )))
    };
    if header.producer_epoch != entry.epoch {
        // A new epoch begins at 0, unless nothing is known of the old one.
        let unknown = entry.epoch < 0;
        return if first == 0 || unknown {
            Ok(())
        } else {
            refuse(entry.last_sequence())
        };
    }
    let last = entry.last_sequence();
    let follows = i64::from(first) == i64::from(last) + 1 || (first == 0 && last == i32::MAX);
    if follows { Ok(()) } else { refuse(last) }
}

#[cfg(test)]
mod tests;
