//! A window into a running broker, for those who check it from outside.

use std::sync::{Arc, Weak};

use highwater_metadata::MetadataImage;
use highwater_storage::LogOffsets;
use highwater_types::{LeaderEpoch, TopicId, TopicPartition};

use crate::context::BrokerContext;

/// Looks into a broker without keeping it alive; what a simulation checks while the
/// cluster runs. Nothing in the broker knows of it.
#[derive(Clone)]
pub struct BrokerObserver {
    ctx: Weak<BrokerContext>,
}

/// One hosted partition at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaView {
    pub partition: TopicPartition,
    pub topic_id: TopicId,
    /// Whether this broker serves it as its leader.
    pub leads: bool,
    /// The last leader epoch that this broker was told.
    pub leader_epoch: LeaderEpoch,
    pub offsets: LogOffsets,
}

/// How much of what is limited is in use at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BrokerLoad {
    /// Fetches that wait for data.
    pub parked_fetches: usize,
    /// Commands that wait for a partition worker, over all workers.
    pub queued_commands: usize,
}

impl BrokerObserver {
    pub(crate) fn new(ctx: &Arc<BrokerContext>) -> Self {
        Self {
            ctx: Arc::downgrade(ctx),
        }
    }

    /// The metadata that the broker serves from; `None` once the broker is gone.
    #[must_use]
    pub fn image(&self) -> Option<Arc<MetadataImage>> {
        Some(self.ctx.upgrade()?.metadata.image())
    }

    /// Every hosted partition whose log is open, by name.
    #[must_use]
    pub fn replicas(&self) -> Vec<ReplicaView> {
        let Some(ctx) = self.ctx.upgrade() else {
            return Vec::new();
        };
        let hosted = ctx.replicas.hosted();
        let mut views: Vec<_> = hosted.iter().map(|partition| partition.view()).collect();
        views.sort_by(|a, b| a.partition.cmp(&b.partition));
        views
    }

    /// What is in use; `None` once the broker is gone.
    #[must_use]
    pub fn load(&self) -> Option<BrokerLoad> {
        let ctx = self.ctx.upgrade()?;
        Some(BrokerLoad {
            parked_fetches: ctx.replicas.parked_fetches(),
            queued_commands: ctx.replicas.queued_commands(),
        })
    }
}
