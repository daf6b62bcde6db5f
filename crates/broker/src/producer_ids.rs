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
