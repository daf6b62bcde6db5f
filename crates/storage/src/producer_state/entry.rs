//! What a log remembers of one producer.

use highwater_protocol::record::{BatchHeader, add_sequence};

/// Retries of the last five batches are recognized: a client may have that many
/// requests in flight. KIP-98.
const BATCHES_MAX: usize = 5;

/// One batch that a producer appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchMetadata {
    pub(crate) last_sequence: i32,
    pub(crate) last_offset: i64,
    pub(crate) offset_delta: i32,
    pub(crate) timestamp: i64,
}

/// One producer's state. Kafka: `ProducerStateEntry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProducerEntry {
    /// `-1` if only a marker was seen.
    pub(crate) epoch: i16,
    /// The newest batches of this epoch, the newest last; at most five.
    batches: Vec<BatchMetadata>,
    pub(crate) coordinator_epoch: i32,
    /// The newest timestamp, which decides when the producer is forgotten.
    pub(crate) last_timestamp: i64,
    /// Where the open transaction begins.
    pub(crate) txn_first_offset: Option<i64>,
}

impl BatchMetadata {
    pub(crate) fn first_sequence(&self) -> i32 {
        // Sequences go from i32::MAX on to 0, so the way back does too.
        let first = i64::from(self.last_sequence) - i64::from(self.offset_delta);
        let wrapped = if first < 0 {
            first + i64::from(i32::MAX) + 1
        } else {
            first
        };
        i32::try_from(wrapped).unwrap_or(-1)
    }

    pub(crate) fn first_offset(&self) -> i64 {
        self.last_offset - i64::from(self.offset_delta)
    }
}

impl ProducerEntry {
    pub(crate) fn new(epoch: i16) -> Self {
        Self {
            epoch,
            batches: Vec::new(),
            coordinator_epoch: -1,
            last_timestamp: -1,
            txn_first_offset: None,
        }
    }

    pub(crate) fn last_batch(&self) -> Option<&BatchMetadata> {
        self.batches.last()
    }

    pub(crate) fn last_sequence(&self) -> i32 {
        self.last_batch().map_or(-1, |batch| batch.last_sequence)
    }

    /// Adds a batch, the newest. One of another epoch begins the list anew.
    pub(crate) fn add_batch(&mut self, epoch: i16, batch: BatchMetadata) {
        self.set_epoch(epoch);
        if self.batches.len() == BATCHES_MAX {
            self.batches.remove(0);
        }
        self.last_timestamp = batch.timestamp;
        self.batches.push(batch);
    }

    /// Batches of an older epoch can not be repeated.
    pub(crate) fn set_epoch(&mut self, epoch: i16) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.batches.clear();
        }
    }

    /// The batch that `header` repeats, if it repeats one of the last five.
    pub(crate) fn find_duplicate(&self, header: &BatchHeader) -> Option<BatchMetadata> {
        if header.producer_epoch != self.epoch {
            return None;
        }
        let last_sequence = add_sequence(header.base_sequence, header.last_offset_delta);
        let same = |batch: &&BatchMetadata| {
            batch.first_sequence() == header.base_sequence && batch.last_sequence == last_sequence
        };
        self.batches.iter().find(same).copied()
    }
}
