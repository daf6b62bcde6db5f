//! The controller as brokers of the same process see it.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use highwater_rpc::{ChannelError, ControllerChannel, ControllerRequest, MetadataStream};
use highwater_types::Offset;
use tokio::sync::{mpsc, oneshot, watch};

use crate::active::Reply;
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
}

#[async_trait]
impl ControllerChannel for Channel {
    async fn call(&self, request: ControllerRequest) -> Result<Bytes, ChannelError> {
        let gone = || ChannelError::Unreachable("the controller has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        let call = async {
            let call = Call { request, reply };
            self.requests.send(call).await.map_err(|_| gone())?;
            answer.await.unwrap_or_else(|_| Err(gone()))
        };
        tokio::time::timeout(CALL_TIMEOUT, call)
            .await
            .unwrap_or(Err(ChannelError::TimedOut))
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
            Ok(_) => Err(ChannelError::Unreachable(
                "the controller has stopped".to_owned(),
            )),
        }
    }
}
