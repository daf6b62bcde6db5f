//! The controller's real decisions, without a quorum.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use highwater_metadata::{
    ControllerSettings, ControllerState, Decision, DecisionContext, MetadataImage, MetadataRecord,
};
use highwater_protocol::wire::Reader;
use highwater_protocol::{ApiKey, Message};
use highwater_rpc::{
    ChannelError, ControllerChannel, ControllerRequest, Heartbeats, MetadataStream, MetadataUpdate,
    Registration,
};
use highwater_types::{BrokerEpoch, ClusterId, NodeId, Offset};
use parking_lot::Mutex;
use tokio::sync::watch;

/// Decides at once; whatever it decides is committed.
pub(crate) struct LocalController {
    inner: Mutex<Inner>,
    /// Updates in the log.
    committed: watch::Sender<usize>,
    own: Weak<Self>,
    /// While set, nobody is the active controller.
    away: watch::Sender<bool>,
    /// While set, every answer takes [`SLOW`].
    is_slow: AtomicBool,
}

const SLOW: Duration = Duration::from_millis(50);

struct Inner {
    state: ControllerState,
    log: Vec<MetadataUpdate>,
    next_offset: Offset,
    random: u64,
}

impl LocalController {
    pub(crate) fn new(cluster_id: &ClusterId) -> Arc<Self> {
        let settings = ControllerSettings {
            cluster_id: cluster_id.clone(),
            broker_session_timeout_ms: 9000,
            configs: Default::default(),
        };
        let state = ControllerState::new(settings, MetadataImage::empty(), 0);
        let controller = Arc::new_cyclic(|own| Self {
            own: own.clone(),
            away: watch::Sender::new(false),
            is_slow: AtomicBool::new(false),
            inner: Mutex::new(Inner {
                state,
                log: Vec::new(),
                next_offset: Offset::ZERO,
                random: 1,
            }),
            committed: watch::Sender::new(0),
        });
        controller.decide(|inner| inner.state.decide_bootstrap());
        controller
    }

    /// Whether there is an active controller.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.away.send_replace(is_away);
    }

    /// Whether answers take their time.
    pub(crate) fn set_slow(&self, is_slow: bool) {
        self.is_slow.store(is_slow, Ordering::SeqCst);
    }

    /// Removes a broker's registration, as an operator can.
    pub(crate) fn forget(&self, id: NodeId) {
        let done = self.decide(|inner| inner.state.decide_unregister_broker(id));
        assert_eq!(done, Ok(()));
    }

    /// The epoch of a broker that is registered and not fenced.
    pub(crate) fn serving_epoch(&self, id: NodeId) -> Option<BrokerEpoch> {
        let inner = self.inner.lock();
        let broker = inner.state.image().cluster().broker(id)?;
        (!broker.fenced).then_some(broker.epoch)
    }

    /// Appends a decision's records to the log.
    fn decide<R>(&self, decide: impl FnOnce(&mut Inner) -> Decision<R>) -> R {
        let mut inner = self.inner.lock();
        let decision = decide(&mut inner);
        if !decision.records.is_empty() {
            self.append(&mut inner, &decision.records);
        }
        decision.response
    }

    fn append(&self, inner: &mut Inner, records: &[MetadataRecord]) {
        let mut encoded = Vec::new();
        for record in records {
            inner
                .state
                .replay(record, inner.next_offset)
                .expect("a decision fits its own state");
            inner.next_offset = inner.next_offset.plus(1);
            encoded.push(record.encode().expect("small values"));
        }
        inner.log.push(MetadataUpdate::Records {
            last_offset: inner.next_offset.plus(-1),
            records: encoded,
        });
        self.committed.send_replace(inner.log.len());
    }

    fn answer<Q: Message, R: Message>(
        &self,
        request: &ControllerRequest,
        decide: impl FnOnce(&mut ControllerState, &Q, &mut DecisionContext<'_>) -> Decision<R>,
    ) -> Result<Bytes, ChannelError> {
        let version = request.api_version;
        let invalid = |error: String| ChannelError::InvalidRequest(error);
        let query = Q::decode(&mut Reader::new(request.body.clone()), version)
            .map_err(|error| invalid(error.to_string()))?;
        let response = self.decide(|inner| {
            let random = &mut inner.random;
            let mut context = DecisionContext {
                now_ms: 0,
                next_offset: inner.next_offset,
                random: &mut || {
                    *random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                    *random
                },
            };
            decide(&mut inner.state, &query, &mut context)
        });
        response
            .to_bytes(version)
            .map_err(|error| invalid(error.to_string()))
    }
}

#[async_trait]
impl ControllerChannel for LocalController {
    async fn call(&self, request: ControllerRequest) -> Result<Bytes, ChannelError> {
        if self.is_slow.load(Ordering::SeqCst) {
            tokio::time::sleep(SLOW).await;
        }
        if *self.away.borrow() {
            return Err(ChannelError::NotController { active: None });
        }
        let version = request.api_version;
        match ApiKey::try_from(request.api_key) {
            Ok(ApiKey::BrokerRegistration) => {
                self.answer(&request, |state, q, cx| state.decide_register_broker(q, cx))
            }
            Ok(ApiKey::BrokerHeartbeat) => self.answer(&request, |state, q, cx| {
                state.decide_broker_heartbeat(q, cx)
            }),
            Ok(ApiKey::CreateTopics) => {
                self.answer(&request, |state, q, cx| state.decide_create_topics(q, cx))
            }
            Ok(ApiKey::DeleteTopics) => self.answer(&request, |state, q, _| {
                state.decide_delete_topics(q, version)
            }),
            Ok(ApiKey::CreatePartitions) => self.answer(&request, |state, q, cx| {
                state.decide_create_partitions(q, cx)
            }),
            Ok(ApiKey::AlterConfigs) => {
                self.answer(&request, |state, q, _| state.decide_alter_configs(q))
            }
            Ok(ApiKey::IncrementalAlterConfigs) => self.answer(&request, |state, q, _| {
                state.decide_incremental_alter_configs(q)
            }),
            Ok(ApiKey::AllocateProducerIds) => self.answer(&request, |state, q, _| {
                state.decide_allocate_producer_ids(q)
            }),
            other => Err(ChannelError::InvalidRequest(format!("{other:?}"))),
        }
    }

    async fn subscribe(&self, last_seen: Offset) -> Result<MetadataStream, ChannelError> {
        let seen = |update: &MetadataUpdate| match update {
            MetadataUpdate::Snapshot { last_offset, .. }
            | MetadataUpdate::Records { last_offset, .. } => *last_offset <= last_seen,
        };
        let next = {
            let inner = self.inner.lock();
            inner.log.iter().take_while(|update| seen(update)).count()
        };
        let state = (self.own.upgrade(), self.committed.subscribe(), next);
        let stream = futures::stream::unfold(state, |(own, mut committed, next)| async move {
            let own = own?;
            committed.wait_for(|count| *count > next).await.ok()?;
            let update = own.inner.lock().log[next].clone();
            Some((update, (Some(own), committed, next + 1)))
        });
        Ok(stream.boxed())
    }

    async fn heartbeats(
        &self,
        _registration: Registration,
        api_version: i16,
    ) -> Result<Box<dyn Heartbeats>, ChannelError> {
        let gone = || ChannelError::Unreachable("the controller is gone".to_owned());
        if *self.away.borrow() {
            return Err(ChannelError::NotController { active: None });
        }
        let controller = self.own.upgrade().ok_or_else(gone)?;
        Ok(Box::new(LocalHeartbeats {
            controller,
            api_version,
        }))
    }
}

/// Heartbeats are calls here; the stream ends when there is no active controller.
struct LocalHeartbeats {
    controller: Arc<LocalController>,
    api_version: i16,
}

#[async_trait]
impl Heartbeats for LocalHeartbeats {
    async fn beat(&mut self, body: Bytes) -> Result<Bytes, ChannelError> {
        let request = ControllerRequest {
            api_key: ApiKey::BrokerHeartbeat.code(),
            api_version: self.api_version,
            body,
            client: String::new(),
        };
        self.controller.call(request).await
    }

    async fn ended(&mut self) -> ChannelError {
        let mut away = self.controller.away.subscribe();
        let _ = away.wait_for(|away| *away).await;
        ChannelError::NotController { active: None }
    }
}
