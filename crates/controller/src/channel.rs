//! The controller as brokers of the same process see it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use highwater_protocol::ApiKey;
use highwater_rpc::{
    ActiveController, ChannelError, ControllerChannel, ControllerRequest, Heartbeats,
    MetadataStream, Registration,
};
use highwater_types::Offset;
use tokio::sync::{mpsc, oneshot, watch};

use crate::active::Reply;
use crate::failure_detector::{StreamEvent, StreamId};
use crate::quorum::state_machine::StateMachine;

/// Requests that may wait for the loop.
pub(crate) const REQUESTS_MAX: usize = 1000;
/// How long a requester waits for its answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// What the loop tells the outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Status {
    /// This node decides, and what it had to write first is committed.
    pub(crate) active: bool,
    /// What was committed before the start is applied.
    pub(crate) recovered: bool,
    /// Who decides, as far as this node knows.
    pub(crate) leader: Option<ActiveController>,
    /// The loop has ended, with this reason if it was not asked to.
    pub(crate) stopped: Option<String>,
}

/// A request on its way to the loop.
pub(crate) struct Call {
    pub(crate) request: ControllerRequest,
    pub(crate) reply: Reply,
}

/// The controller as a broker in the same process sees it.
pub(crate) struct Channel {
    pub(crate) requests: mpsc::Sender<Call>,
    pub(crate) state_machine: StateMachine,
    pub(crate) status: watch::Receiver<Status>,
    /// Which brokers have a stream of heartbeats. At most one event per call and drop.
    pub(crate) streams: mpsc::UnboundedSender<StreamEvent>,
    pub(crate) streams_opened: AtomicU64,
}

#[async_trait]
impl ControllerChannel for Channel {
    async fn call(&self, request: ControllerRequest) -> Result<Bytes, ChannelError> {
        ask(&self.requests, request).await
    }

    async fn subscribe(&self, last_seen: Offset) -> Result<MetadataStream, ChannelError> {
        // Before that, the image would be one that the subscriber has outgrown.
        let mut status = self.status.clone();
        let recovered = status.wait_for(|status| status.recovered || status.stopped.is_some());
        match tokio::time::timeout(CALL_TIMEOUT, recovered).await {
            Err(_) => Err(ChannelError::TimedOut),
            Ok(Ok(status)) if status.stopped.is_none() => {
                Ok(self.state_machine.subscribe(last_seen))
            }
            Ok(_) => Err(stopped()),
        }
    }

    async fn heartbeats(
        &self,
        registration: Registration,
        api_version: i16,
    ) -> Result<Box<dyn Heartbeats>, ChannelError> {
        if let Some(error) = inactive(&self.status.borrow()) {
            return Err(error);
        }
        let id = StreamId(self.streams_opened.fetch_add(1, Ordering::Relaxed));
        let opened = StreamEvent::Opened(id, registration);
        // Nobody listens when the controller has ended.
        let _ = self.streams.send(opened);
        Ok(Box::new(LocalHeartbeats {
            id,
            api_version,
            client: format!("broker {}", registration.broker_id),
            requests: self.requests.clone(),
            status: self.status.clone(),
            streams: self.streams.clone(),
        }))
    }
}

/// A broker's heartbeats, straight into the loop.
struct LocalHeartbeats {
    id: StreamId,
    api_version: i16,
    client: String,
    requests: mpsc::Sender<Call>,
    status: watch::Receiver<Status>,
    streams: mpsc::UnboundedSender<StreamEvent>,
}

#[async_trait]
impl Heartbeats for LocalHeartbeats {
    async fn beat(&mut self, body: Bytes) -> Result<Bytes, ChannelError> {
        let request = ControllerRequest {
            api_key: ApiKey::BrokerHeartbeat.code(),
            api_version: self.api_version,
            body,
            client: self.client.clone(),
        };
        ask(&self.requests, request).await
    }

    async fn ended(&mut self) -> ChannelError {
        let ended = self.status.wait_for(|status| inactive(status).is_some());
        match ended.await {
            Ok(status) => inactive(&status).unwrap_or_else(stopped),
            Err(_) => stopped(),
        }
    }
}

impl Drop for LocalHeartbeats {
    fn drop(&mut self) {
        let _ = self.streams.send(StreamEvent::Ended(self.id));
    }
}

/// Brings a request to the loop and waits for its answer.
async fn ask(
    requests: &mpsc::Sender<Call>,
    request: ControllerRequest,
) -> Result<Bytes, ChannelError> {
    let (reply, answer) = oneshot::channel();
    let call = async {
        let call = Call { request, reply };
        requests.send(call).await.map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    };
    tokio::time::timeout(CALL_TIMEOUT, call)
        .await
        .unwrap_or(Err(ChannelError::TimedOut))
}

/// Tells the outside who decides.
pub(crate) fn tell_leader(status: &watch::Sender<Status>, leader: Option<ActiveController>) {
    status.send_if_modified(|status| {
        let changed = status.leader != leader;
        status.leader = leader;
        changed
    });
}

/// Why a controller in this state takes no heartbeats, if it does not.
fn inactive(status: &Status) -> Option<ChannelError> {
    if status.stopped.is_some() {
        return Some(stopped());
    }
    let active = || status.leader.clone();
    (!status.active).then(|| ChannelError::NotController { active: active() })
}

fn stopped() -> ChannelError {
    ChannelError::Unreachable("the controller has stopped".to_owned())
}
