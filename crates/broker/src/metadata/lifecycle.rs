//! This broker's place in the cluster: registration and heartbeats. KIP-631.
//!
//! ```text
//!   register ──► fenced ──heartbeat, caught up──► serving ──► leaving ──► gone
//!      ▲           │                                 │
//!      └───────────┴── the controller forgot us ─────┘
//! ```

use std::sync::Arc;
use std::time::Duration;

use highwater_protocol::messages::broker_heartbeat::{
    BrokerHeartbeatRequest, BrokerHeartbeatResponse,
};
use highwater_protocol::messages::broker_registration::{
    BrokerRegistrationRequest, BrokerRegistrationResponse, Feature, Listener,
};
use highwater_protocol::wire::Reader;
use highwater_protocol::{ErrorCode, Message, Request};
use highwater_rpc::{ChannelError, ControllerRequest};
use highwater_types::{BrokerEpoch, DirectoryId, Uuid};
use tokio::sync::watch;

use super::replica_host::ReplicaHost;
use crate::config::AdvertisedListener;
use crate::context::BrokerContext;
use crate::features::SUPPORTED_FEATURES;

const REGISTRATION_VERSION: i16 = 4;
const HEARTBEAT_VERSION: i16 = 1;
const RETRY_MIN: Duration = Duration::from_millis(20);
const RETRY_MAX: Duration = Duration::from_secs(1);
/// Between heartbeats while the controller has yet to say that we may serve.
const WAITING_INTERVAL: Duration = Duration::from_millis(100);
/// `security.protocol` PLAINTEXT.
const PLAINTEXT: i16 = 0;

/// What this broker asks of the controller with each heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To be kept from clients: it does not know the cluster yet.
    Fenced,
    Serving,
    /// To have its leaderships moved away, since it stops.
    Leaving,
}

/// The controller will not have this broker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the controller refused this broker: {}", .0.message())]
pub(crate) struct Refused(ErrorCode);

/// Who this broker is, as it registers.
pub(crate) struct Identity {
    /// New with every start of the process.
    pub incarnation: Uuid,
    pub advertised: Vec<AdvertisedListener>,
    pub directories: Vec<DirectoryId>,
    /// Of the life before, if it ended in order. KIP-966.
    pub previous_epoch: Option<BrokerEpoch>,
}

/// Keeps the registration alive. One per broker, in a task of its own.
pub(crate) struct Lifecycle {
    pub ctx: Arc<BrokerContext>,
    pub replicas: Arc<dyn ReplicaHost>,
    pub identity: Identity,
    pub wish: watch::Receiver<Wish>,
}

/// How a series of heartbeats ended.
enum End {
    /// The controller does not know this registration any more.
    Forgotten,
    /// The broker may stop.
    MayStop,
}

impl Lifecycle {
    /// Runs until the controller lets this broker go, or does not take it.
    pub(crate) async fn run(mut self) -> Result<(), Refused> {
        loop {
            let epoch = self.register().await?;
            self.ctx.broker_epoch.send_replace(Some(epoch));
            match self.beat(epoch).await {
                End::Forgotten => tracing::warn!("the controller forgot this broker"),
                End::MayStop => return Ok(()),
            }
        }
    }

    async fn register(&self) -> Result<BrokerEpoch, Refused> {
        let request = self.registration();
        let mut retry = RETRY_MIN;
        loop {
            let answer: Result<BrokerRegistrationResponse, _> =
                self.ask(&request, REGISTRATION_VERSION).await;
            match answer.map(|response| (ErrorCode::from_code(response.error_code), response)) {
                Ok((ErrorCode::None, response)) => return Ok(BrokerEpoch(response.broker_epoch)),
                Ok((
                    code @ (ErrorCode::InconsistentClusterId
                    | ErrorCode::UnsupportedVersion
                    | ErrorCode::InvalidRegistration
                    | ErrorCode::InvalidRequest),
                    _,
                )) => return Err(Refused(code)),
                // Another process with this id still counts as alive, or the like.
                Ok((code, _)) => tracing::warn!("registration: {}", code.message()),
                Err(error) => tracing::debug!("registration: {error}"),
            }
            tokio::time::sleep(retry).await;
            retry = (retry * 3 / 2).min(RETRY_MAX);
        }
    }

    fn registration(&self) -> BrokerRegistrationRequest {
        let config = &self.ctx.config;
        let listeners = self.identity.advertised.iter().map(|listener| Listener {
            name: listener.name.clone(),
            host: listener.host.clone(),
            port: listener.port,
            security_protocol: PLAINTEXT,
        });
        let features = SUPPORTED_FEATURES.iter().map(|feature| Feature {
            name: feature.name.into(),
            min_supported_version: feature.min,
            max_supported_version: feature.max,
        });
        BrokerRegistrationRequest {
            broker_id: config.node_id.get(),
            cluster_id: config.cluster_id.to_string(),
            incarnation_id: self.identity.incarnation,
            listeners: listeners.collect(),
            features: features.collect(),
            rack: config.rack.clone(),
            previous_broker_epoch: self.identity.previous_epoch.map_or(-1, BrokerEpoch::get),
            log_dirs: self.identity.directories.iter().map(|id| id.0).collect(),
            ..BrokerRegistrationRequest::default()
        }
    }

    /// Sends heartbeats for one registration.
    async fn beat(&mut self, epoch: BrokerEpoch) -> End {
        loop {
            let wish = *self.wish.borrow_and_update();
            let request = self.heartbeat(epoch, wish);
            let answer: Result<BrokerHeartbeatResponse, _> =
                self.ask(&request, HEARTBEAT_VERSION).await;
            let pause = match answer {
                Ok(response) => match ErrorCode::from_code(response.error_code) {
                    ErrorCode::None if wish == Wish::Leaving && response.should_shut_down => {
                        return End::MayStop;
                    }
                    ErrorCode::None if wish == Wish::Serving && response.is_fenced => {
                        WAITING_INTERVAL
                    }
                    ErrorCode::None => self.ctx.config.heartbeat.interval,
                    ErrorCode::StaleBrokerEpoch | ErrorCode::BrokerIdNotRegistered => {
                        return End::Forgotten;
                    }
                    code => {
                        tracing::warn!("heartbeat: {}", code.message());
                        WAITING_INTERVAL
                    }
                },
                Err(error) => {
                    tracing::debug!("heartbeat: {error}");
                    WAITING_INTERVAL
                }
            };
            tokio::select! {
                biased;
                changed = self.wish.changed() => {
                    if changed.is_err() {
                        // Nobody wishes anything any more: the broker is gone.
                        return End::MayStop;
                    }
                }
                () = tokio::time::sleep(pause.min(self.ctx.config.heartbeat.interval)) => {}
            }
        }
    }

    fn heartbeat(&self, epoch: BrokerEpoch, wish: Wish) -> BrokerHeartbeatRequest {
        let failed = self.replicas.failed_directories();
        BrokerHeartbeatRequest {
            broker_id: self.ctx.config.node_id.get(),
            broker_epoch: epoch.get(),
            current_metadata_offset: self.ctx.metadata.image().last_offset().get(),
            want_fence: wish == Wish::Fenced,
            want_shut_down: wish == Wish::Leaving,
            offline_log_dirs: failed.into_iter().map(|id| id.0).collect(),
            ..BrokerHeartbeatRequest::default()
        }
    }

    async fn ask<R: Request>(
        &self,
        request: &R,
        api_version: i16,
    ) -> Result<R::Response, ChannelError> {
        let invalid = |error: String| ChannelError::InvalidRequest(error);
        let body = request.to_bytes(api_version);
        let call = self.ctx.controller.call(ControllerRequest {
            api_key: R::KEY.code(),
            api_version,
            body: body.map_err(|error| invalid(error.to_string()))?,
            client: format!("broker {}", self.ctx.config.node_id),
        });
        let answer = tokio::time::timeout(self.ctx.config.heartbeat.timeout, call).await;
        let answer = answer.map_err(|_| ChannelError::TimedOut)??;
        R::Response::decode(&mut Reader::new(answer), api_version)
            .map_err(|error| invalid(error.to_string()))
    }
}
