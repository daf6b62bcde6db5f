//! A log as its readers see it.

use bytes::{Bytes, BytesMut};
use highwater_types::{LeaderEpoch, Offset, ProducerId, TimestampMs};

use crate::error::{ReadError, StorageError};

/// A log's offsets at one moment, always
/// `log_start <= last_stable <= high_watermark <= log_end` and `flushed_end <= log_end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogOffsets {
    /// The first offset that can be read.
    pub log_start: Offset,
    /// Below it, no transaction is open.
    pub last_stable: Offset,
    /// Below it, everything is committed.
    pub high_watermark: Offset,
    /// Below it, everything is on stable storage on this broker.
    pub flushed_end: Offset,
    /// The offset of the next record.
    pub log_end: Offset,
}

/// Whole batches read from a log.
#[derive(Clone, Debug, Default)]
pub struct ReadResult {
    /// The batches, in order; each part holds whole batches.
    pub parts: Vec<Bytes>,
    /// The sum of the parts' lengths.
    pub size_bytes: usize,
    /// Where the next read goes on; `from` if nothing was read.
    pub next_offset: Offset,
}

/// What a transaction index knows of one aborted transaction. KIP-98.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTxn {
    pub producer_id: ProducerId,
    pub first_offset: Offset,
    /// The offset of the abort marker.
    pub last_offset: Offset,
    /// The last stable offset once the marker was written.
    pub last_stable_offset: Offset,
}

/// The answer of a search by time. KIP-79, KIP-734.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampAndOffset {
    pub timestamp: TimestampMs,
    pub offset: Offset,
    /// `None` if the log knows no epoch for the offset.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// Reads a log beside its owner, from any thread.
pub struct LogReader {
    _private: (),
}

impl ReadResult {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.size_bytes == 0
    }

    /// All parts as one slice; copies only if there are several.
    #[must_use]
    pub fn into_bytes(mut self) -> Bytes {
        match self.parts.len() {
            0 => Bytes::new(),
            1 => self.parts.remove(0),
            _ => {
                let mut all = BytesMut::with_capacity(self.size_bytes);
                for part in &self.parts {
                    all.extend_from_slice(part);
                }
                all.freeze()
            }
        }
    }
}

impl LogReader {
    /// Whole batches from the one that holds `from`, at most `max_bytes`, all
    /// below `upper_bound` (exclusive). With `min_one_batch` the first batch
    /// comes whole even if it alone is larger. KIP-74.
    ///
    /// # Errors
    /// `OffsetOutOfRange` below the log start or above the log end.
    pub fn read(
        &self,
        _from: Offset,
        _max_bytes: usize,
        _upper_bound: Offset,
        _min_one_batch: bool,
    ) -> Result<ReadResult, ReadError> {
        Ok(ReadResult::default())
    }

    /// One consistent view of all offsets.
    #[must_use]
    pub fn offsets(&self) -> LogOffsets {
        LogOffsets::default()
    }

    /// Bytes of all segments.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        0
    }

    /// The first record with this or a later timestamp, if there is one.
    ///
    /// # Errors
    /// When files can not be read.
    pub fn offset_for_timestamp(
        &self,
        _timestamp: TimestampMs,
    ) -> Result<Option<TimestampAndOffset>, StorageError> {
        Ok(None)
    }

    /// The record with the largest timestamp, the first of them; `None` if empty. KIP-734.
    ///
    /// # Errors
    /// When files can not be read.
    pub fn max_timestamp(&self) -> Result<Option<TimestampAndOffset>, StorageError> {
        Ok(None)
    }

    /// The epoch of the leader that appended `offset`.
    #[must_use]
    pub fn epoch_for_offset(&self, _offset: Offset) -> Option<LeaderEpoch> {
        None
    }

    /// The largest epoch in the log.
    #[must_use]
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        None
    }

    /// The largest known epoch that is not after `epoch`, and where it ends;
    /// ([`LeaderEpoch::UNKNOWN`], [`Offset::NONE`]) if there is none. KIP-101, KIP-279.
    #[must_use]
    pub fn end_offset_for_epoch(&self, _epoch: LeaderEpoch) -> (LeaderEpoch, Offset) {
        (LeaderEpoch::UNKNOWN, Offset::NONE)
    }

    /// Aborted transactions that overlap the offsets from `from` to `upper` (exclusive).
    ///
    /// # Errors
    /// When a transaction index can not be read.
    pub fn aborted_transactions(
        &self,
        _from: Offset,
        _upper: Offset,
    ) -> Result<Vec<AbortedTxn>, StorageError> {
        Ok(Vec::new())
    }
}
