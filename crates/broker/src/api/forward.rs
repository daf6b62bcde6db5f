//! Requests that only the active controller can decide.

use std::sync::Arc;
use std::time::Duration;

use highwater_metadata::MetadataImage;
use highwater_protocol::wire::Reader;
use highwater_protocol::{ErrorCode, Message, Request};
use highwater_rpc::{ChannelError, ControllerRequest};

use crate::context::{BrokerContext, RequestContext};

/// Limits for the time that a client allows, so that nothing waits for ever and a
/// careless 0 still has a chance.
const TIMEOUT_MIN: Duration = Duration::from_secs(1);
const TIMEOUT_MAX: Duration = Duration::from_mins(5);
/// For requests that name no time.
pub(super) const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
/// Between attempts while there is no active controller.
const RETRY: Duration = Duration::from_millis(50);
/// How long an answer waits until this broker itself knows what was decided, which
/// takes a moment when thousands of logs are created. Only a courtesy: the decision
/// stands.
const VISIBLE_MAX: Duration = Duration::from_secs(5);

/// A request's own `timeout_ms`, within limits.
pub(super) fn timeout_of(timeout_ms: i32) -> Duration {
    let asked = Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0));
    asked.clamp(TIMEOUT_MIN, TIMEOUT_MAX)
}

/// Why the controller gave no answer, as Kafka tells a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForwardError {
    pub code: ErrorCode,
    pub message: String,
}

/// Asks the active controller, again while there is none, within `timeout`.
pub(super) async fn forward<R: Request>(
    ctx: &Arc<BrokerContext>,
    request: &R,
    rc: &RequestContext,
    timeout: Duration,
) -> Result<R::Response, ForwardError> {
    let body = request.to_bytes(rc.api_version).map_err(|error| {
        // It was just decoded in this version.
        ForwardError::new(ErrorCode::UnknownServerError, error.to_string())
    })?;
    let request = ControllerRequest {
        api_key: R::KEY.code(),
        api_version: rc.api_version,
        body,
        client: format!("{} at {}", rc.client_id, rc.peer),
    };
    let answer = match tokio::time::timeout(timeout, call(ctx, request)).await {
        Ok(answer) => answer?,
        Err(_) => return Err(ChannelError::TimedOut.into()),
    };
    R::Response::decode(&mut Reader::new(answer), rc.api_version).map_err(|error| {
        tracing::error!("the controller's answer to {}: {error}", R::NAME);
        ForwardError::new(
            ErrorCode::UnknownServerError,
            "the controller's answer can not be read".into(),
        )
    })
}

async fn call(
    ctx: &Arc<BrokerContext>,
    request: ControllerRequest,
) -> Result<bytes::Bytes, ChannelError> {
    loop {
        match ctx.controller.call(request.clone()).await {
            // Nothing was done, so it is safe to ask again.
            Err(ChannelError::NotController { .. }) => tokio::time::sleep(RETRY).await,
            result => return result,
        }
    }
}

/// Waits a little until this broker's own metadata shows what was decided, so that a
/// client that goes on with the same broker finds it.
pub(super) async fn wait_until_visible(
    ctx: &Arc<BrokerContext>,
    visible: impl Fn(&MetadataImage) -> bool,
) {
    // Too late is no error: the client will see it with the next answers.
    let _ = tokio::time::timeout(VISIBLE_MAX, ctx.metadata.wait_for(visible)).await;
}

impl ForwardError {
    fn new(code: ErrorCode, message: String) -> Self {
        Self { code, message }
    }
}

impl From<ChannelError> for ForwardError {
    fn from(error: ChannelError) -> Self {
        let code = match error {
            ChannelError::NotController { .. } => ErrorCode::NotController,
            ChannelError::Unreachable(_) | ChannelError::TimedOut => ErrorCode::RequestTimedOut,
            ChannelError::InvalidRequest(_) => ErrorCode::InvalidRequest,
            ChannelError::OtherCluster(_) => ErrorCode::InconsistentClusterId,
        };
        Self::new(code, error.to_string())
    }
}
