//! Ids for idempotent producers, taken from the controller in blocks.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use highwater_protocol::messages::allocate_producer_ids::{
    AllocateProducerIdsRequest, AllocateProducerIdsResponse,
};
use highwater_protocol::wire::Reader;
use highwater_protocol::{ErrorCode, Message, Request};
use highwater_rpc::{ControllerChannel, ControllerRequest};
use highwater_types::{BrokerEpoch, NodeId, ProducerId};
use tokio::sync::{Mutex, watch};

/// Hands out producer ids, each once in the life of the cluster. Lives as long as
/// the broker; ids of a block that was begun before a restart are never used.
pub(crate) struct ProducerIds {
    node_id: NodeId,
    controller: Arc<dyn ControllerChannel>,
    /// From the registration; `None` until there is one.
    broker_epoch: watch::Receiver<Option<BrokerEpoch>>,
    /// Held while a block is fetched, so that one request serves all who wait.
    block: Mutex<Range<i64>>,
}

/// How long a producer waits for a new block before it is told to try again.
const BLOCK_TIMEOUT: Duration = Duration::from_secs(30);

impl ProducerIds {
    pub(crate) fn new(
        node_id: NodeId,
        controller: Arc<dyn ControllerChannel>,
        broker_epoch: watch::Receiver<Option<BrokerEpoch>>,
    ) -> Self {
        Self {
            node_id,
            controller,
            broker_epoch,
            block: Mutex::new(0..0),
        }
    }

    /// A new producer id.
    ///
    /// # Errors
    /// `COORDINATOR_LOAD_IN_PROGRESS`, as in Kafka, when the controller gives no
    /// block in time; the producer tries again.
    pub(crate) async fn next(&self) -> Result<ProducerId, ErrorCode> {
        let taken = tokio::time::timeout(BLOCK_TIMEOUT, self.take()).await;
        taken.unwrap_or(Err(ErrorCode::CoordinatorLoadInProgress))
    }

    async fn take(&self) -> Result<ProducerId, ErrorCode> {
        let mut block = self.block.lock().await;
        if let Some(id) = block.next() {
            return Ok(ProducerId(id));
        }
        *block = self.fetch_block().await.map_err(|reason| {
            tracing::warn!(reason, "the controller gave no producer ids");
            ErrorCode::CoordinatorLoadInProgress
        })?;
        let id = block.next();
        id.map(ProducerId)
            .ok_or(ErrorCode::CoordinatorLoadInProgress)
    }

    async fn fetch_block(&self) -> Result<Range<i64>, String> {
        let mut registered = self.broker_epoch.clone();
        let epoch = registered.wait_for(Option::is_some).await;
        let epoch = epoch
            .map_err(|_| "the broker is stopping")?
            .unwrap_or_default();
        let request = AllocateProducerIdsRequest {
            broker_id: self.node_id.get(),
            broker_epoch: epoch.get(),
        };
        let version = AllocateProducerIdsRequest::VERSIONS.max;
        let request = ControllerRequest {
            api_key: AllocateProducerIdsRequest::KEY.code(),
            api_version: version,
            body: request.to_bytes(version).map_err(|e| e.to_string())?,
            client: format!("broker {}", self.node_id),
        };
        let answer = self.controller.call(request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let response = AllocateProducerIdsResponse::decode(&mut Reader::new(answer), version)
            .map_err(|error| error.to_string())?;
        match ErrorCode::from_code(response.error_code) {
            ErrorCode::None => {
                let start = response.producer_id_start;
                Ok(start..start.saturating_add(response.producer_id_len.into()))
            }
            code => Err(code.name().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use bytes::Bytes;
    use highwater_rpc::{ChannelError, Heartbeats, MetadataStream, Registration};
    use highwater_types::Offset;
    use parking_lot::Mutex as SyncMutex;

    use super::*;

    /// Gives blocks of three ids; fails first if told to.
    struct Blocks {
        next: SyncMutex<i64>,
        failures: SyncMutex<usize>,
        epochs: SyncMutex<Vec<i64>>,
    }

    #[async_trait]
    impl ControllerChannel for Blocks {
        async fn call(&self, request: ControllerRequest) -> Result<Bytes, ChannelError> {
            tokio::task::yield_now().await;
            let version = request.api_version;
            let asked = AllocateProducerIdsRequest::decode(&mut Reader::new(request.body), version);
            self.epochs.lock().push(asked.unwrap().broker_epoch);
            let mut failures = self.failures.lock();
            if *failures > 0 {
                *failures -= 1;
                return Err(ChannelError::TimedOut);
            }
            let mut next = self.next.lock();
            let response = AllocateProducerIdsResponse {
                producer_id_start: *next,
                producer_id_len: 3,
                ..AllocateProducerIdsResponse::default()
            };
            *next += 3;
            Ok(response.to_bytes(version).unwrap())
        }

        async fn subscribe(&self, _last_seen: Offset) -> Result<MetadataStream, ChannelError> {
            Err(ChannelError::TimedOut)
        }

        async fn heartbeats(
            &self,
            _registration: Registration,
            _api_version: i16,
        ) -> Result<Box<dyn Heartbeats>, ChannelError> {
            Err(ChannelError::TimedOut)
        }
    }

    fn ids(failures: usize) -> (ProducerIds, Arc<Blocks>, watch::Sender<Option<BrokerEpoch>>) {
        let controller = Arc::new(Blocks {
            next: SyncMutex::new(1000),
            failures: SyncMutex::new(failures),
            epochs: SyncMutex::default(),
        });
        let (sender, epoch) = watch::channel(None);
        let ids = ProducerIds::new(NodeId(1), controller.clone(), epoch);
        (ids, controller, sender)
    }

    #[tokio::test]
    async fn ids_are_unique_and_blocks_are_fetched_once() {
        let (ids, controller, epoch) = ids(0);
        epoch.send_replace(Some(BrokerEpoch(77)));
        let taken = futures::future::join_all((0..7).map(|_| ids.next())).await;
        let taken: Vec<_> = taken.into_iter().map(|id| id.unwrap().get()).collect();
        assert_eq!(taken, [1000, 1001, 1002, 1003, 1004, 1005, 1006]);
        assert_eq!(*controller.epochs.lock(), [77, 77, 77]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_block_the_producer_is_told_to_come_back() {
        let (ids, _, epoch) = ids(1);
        let loading = Err(ErrorCode::CoordinatorLoadInProgress);
        assert_eq!(ids.next().await, loading, "not registered");
        epoch.send_replace(Some(BrokerEpoch(1)));
        assert_eq!(ids.next().await, loading, "the controller failed");
        assert_eq!(ids.next().await, Ok(ProducerId(1000)));
    }
}
