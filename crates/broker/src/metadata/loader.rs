//! Follows the cluster's metadata log.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use highwater_metadata::image::ReplayError;
use highwater_metadata::{MetadataDelta, MetadataImage, MetadataRecord, RecordError};
use highwater_rpc::MetadataUpdate;
use highwater_types::Offset;

use super::reconciler::Plan;
use super::replica_host::ReplicaHost;
use crate::context::BrokerContext;

const RETRY_MIN: Duration = Duration::from_millis(20);
const RETRY_MAX: Duration = Duration::from_secs(1);
/// Partitions that are opened at the same time.
const ASSIGN_AT_ONCE: usize = 16;

/// Committed metadata that this broker can not take up. It can not go on then: it
/// would serve a cluster that it does not know.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("metadata up to offset {0} can not be read: {1}")]
    Record(Offset, RecordError),
    #[error("metadata up to offset {0} can not be applied: {1}")]
    Replay(Offset, ReplayError),
}

/// Turns the stream of committed records into images, makes the broker match each,
/// and publishes it. One per broker, in a task of its own.
pub(crate) struct MetadataLoader {
    ctx: Arc<BrokerContext>,
    replicas: Arc<dyn ReplicaHost>,
    image: MetadataImage,
}

impl MetadataLoader {
    pub(crate) fn new(ctx: Arc<BrokerContext>, replicas: Arc<dyn ReplicaHost>) -> Self {
        Self {
            ctx,
            replicas,
            image: MetadataImage::empty(),
        }
    }

    /// Runs until it is dropped, or until it meets metadata that it can not take up.
    pub(crate) async fn run(mut self) -> LoadError {
        let mut retry = RETRY_MIN;
        loop {
            match self
                .ctx
                .controller
                .subscribe(self.image.last_offset())
                .await
            {
                Ok(mut updates) => {
                    while let Some(update) = updates.next().await {
                        retry = RETRY_MIN;
                        if let Err(error) = self.on_update(update).await {
                            return error;
                        }
                    }
                }
                Err(error) => tracing::debug!("no metadata yet: {error}"),
            }
            tokio::time::sleep(retry).await;
            retry = (retry * 3 / 2).min(RETRY_MAX);
        }
    }

    async fn on_update(&mut self, update: MetadataUpdate) -> Result<(), LoadError> {
        let (base, last_offset, records) = match update {
            MetadataUpdate::Snapshot {
                last_offset,
                records,
            } => (MetadataImage::empty(), last_offset, records),
            MetadataUpdate::Records {
                last_offset,
                records,
            } => (self.image.clone(), last_offset, records),
        };
        // What was there before a subscription was renewed may come again.
        if last_offset <= self.image.last_offset() {
            return Ok(());
        }
        let image = replayed(base, last_offset, &records)?;
        let delta = MetadataDelta::between(&self.image, &image);
        self.reconcile(&delta).await;
        self.image = image.clone();
        self.ctx.metadata.publish(image);
        Ok(())
    }

    async fn reconcile(&self, delta: &MetadataDelta) {
        let config = &self.ctx.config;
        let plan = Plan::of(delta, config.node_id, &config.properties);
        for (partition, topic_id) in plan.remove {
            self.replicas.remove(partition, topic_id).await;
        }
        futures::stream::iter(plan.assign)
            .for_each_concurrent(ASSIGN_AT_ONCE, |assignment| {
                self.replicas.assign(assignment)
            })
            .await;
        for (topic_id, config) in plan.configure {
            self.replicas.configure(topic_id, config).await;
        }
    }
}

fn replayed(
    mut image: MetadataImage,
    last_offset: Offset,
    records: &[Bytes],
) -> Result<MetadataImage, LoadError> {
    for bytes in records {
        let record =
            MetadataRecord::decode(bytes).map_err(|error| LoadError::Record(last_offset, error))?;
        image
            .replay(&record)
            .map_err(|error| LoadError::Replay(last_offset, error))?;
    }
    image.set_last_offset(last_offset);
    Ok(image)
}
