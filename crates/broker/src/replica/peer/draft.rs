//! A message to a follower's broker in the making.

use highwater_replication::Push;
use highwater_storage::ReadResult;
use highwater_types::{PartitionIndex, TopicId};

use crate::replica::Partition;

/// Parts of one message. Bounds the messages of a link that has many idle partitions.
const ITEMS_MAX: usize = 4096;
/// One partition's part of a message.
#[derive(Debug)]
pub(super) struct PushItem {
    pub(super) topic_id: TopicId,
    pub(super) index: PartitionIndex,
    pub(super) push: Push,
    /// Slices of what was appended or read.
    pub(super) batches: ReadResult,
}

/// A message in the making.
pub(super) struct Draft {
    items: Vec<PushItem>,
    /// Bytes of records that still fit.
    room: usize,
}

impl Draft {
    /// With room for this many bytes of records.
    pub(super) fn new(room: usize) -> Self {
        Self {
            items: Vec::new(),
            room,
        }
    }

    /// Bytes of records that still fit.
    pub(super) fn room(&self) -> usize {
        self.room
    }

    /// Whether a part without records fits.
    pub(super) fn has_place(&self) -> bool {
        self.items.len() < ITEMS_MAX
    }

    /// The parts, if there are any.
    pub(super) fn finish(self) -> Option<Vec<PushItem>> {
        (!self.items.is_empty()).then_some(self.items)
    }

    pub(super) fn has_room(&self) -> bool {
        self.room > 0 && self.has_place()
    }

    pub(super) fn add(&mut self, partition: &Partition, push: Push, read: ReadResult) {
        self.room = self.room.saturating_sub(read.size_bytes);
        self.items.push(PushItem {
            topic_id: partition.topic_id,
            index: partition.name.partition,
            push,
            batches: read,
        });
    }
}
