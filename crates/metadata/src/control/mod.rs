//! The controller's decisions, one file for each.
//!
//! A decision reads the state and answers with records and a response; nothing
//! changes until the records are replayed. The active controller replays them on
//! its own state at once, ahead of the quorum, so that the next decision sees
//! them, and answers when the quorum has committed them.

mod allocate_producer_ids;
mod alter_configs;
mod alter_partition;
mod assign_replicas_to_dirs;
mod bootstrap;
mod broker_config_check;
mod broker_heartbeat;
mod broker_move;
mod create_partitions;
mod create_topics;
mod delete_topics;
mod failed_directories;
mod fence_broker;
mod incremental_alter_configs;
mod manual_assignment;
mod partition_change;
mod partition_sets;
mod register_broker;
mod restart;
mod rule_change;
mod sessions;
mod topic_rules;
mod unregister_broker;

pub use bootstrap::METADATA_VERSION_LEVEL;
pub use fence_broker::Fencing;

use highwater_protocol::ErrorCode;
use highwater_types::{BrokerEpoch, ClusterId, NodeId, Offset};

use crate::config::{BrokerLayers, ConfigError, Overrides};
use crate::image::{BrokerImage, ConfigResource, ReplayError};
use crate::{BrokerToUse, MetadataImage, MetadataRecord};
use partition_sets::{PartitionSets, TouchedPartitions};
use sessions::BrokerSessions;

/// What the controllers of a cluster are configured with.
#[derive(Clone, Debug)]
pub struct ControllerSettings {
    pub cluster_id: ClusterId,
    /// `broker.session.timeout.ms`: a broker that is silent for longer is fenced.
    pub broker_session_timeout_ms: u64,
    /// What the controller's node was started with, for the defaults of new topics.
    pub configs: Overrides,
}

/// The state of the active controller.
///
/// Owned by the controller's loop for as long as it is active; it runs ahead of the
/// quorum by the records that are proposed and not yet committed. Beside the image it
/// has who was heard of lately, which is not in the log: a new active controller
/// gives every broker a full session.
#[derive(Clone, Debug)]
pub struct ControllerState {
    settings: ControllerSettings,
    image: MetadataImage,
    sessions: BrokerSessions,
    partition_sets: PartitionSets,
}

/// What a decision needs that is not in the state.
pub struct DecisionContext<'a> {
    /// Milliseconds of a clock that never goes back.
    pub now_ms: u64,
    /// The offset that the decision's first record will get.
    pub next_offset: Offset,
    /// Gives any number each time it is asked.
    pub random: &'a mut dyn FnMut() -> u64,
}

/// Records to propose, and what to answer once they are committed. No records: the
/// answer only waits for what was proposed before.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<R> {
    pub records: Vec<MetadataRecord>,
    pub response: R,
}

/// Why something was refused: Kafka's code and a text for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub code: ErrorCode,
    pub message: Option<String>,
}

impl ControllerState {
    /// The state of a controller that becomes active with this image.
    #[must_use]
    pub fn new(settings: ControllerSettings, image: MetadataImage, now_ms: u64) -> Self {
        let mut sessions = BrokerSessions::default();
        for broker in image.cluster().brokers() {
            sessions.begin(broker.id, now_ms);
            if broker.in_controlled_shutdown && !broker.fenced {
                // When its leaderships moved is not known, but that it was before this.
                sessions.raise_shutdown_offset(broker.id, image.last_offset());
            }
        }
        Self {
            settings,
            partition_sets: PartitionSets::of(&image),
            image,
            sessions,
        }
    }

    #[must_use]
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Applies a record at its offset.
    ///
    /// # Errors
    /// When the record does not fit the state.
    pub fn replay(&mut self, record: &MetadataRecord, offset: Offset) -> Result<(), ReplayError> {
        let touched = TouchedPartitions::before(&self.image, record);
        self.image.replay(record)?;
        self.image.set_last_offset(offset);
        self.partition_sets.update(touched, &self.image);
        match record {
            MetadataRecord::UnregisterBroker(body) => {
                self.sessions.forget(NodeId(body.broker_id));
            }
            MetadataRecord::BrokerRegistrationChange(body) if body.fenced == 1 => {
                self.sessions
                    .end_controlled_shutdown(NodeId(body.broker_id));
            }
            _ => {}
        }
        Ok(())
    }

    /// When [`Self::decide_fence_silent_brokers`] is due next, in the clock of
    /// [`DecisionContext::now_ms`]; `None` while no broker is unfenced.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        let unfenced = self.image.cluster().unfenced();
        unfenced.map(|broker| self.session_end(broker.id)).min()
    }

    /// Checks what must be true after every event.
    ///
    /// # Panics
    /// When something is not.
    pub fn check_invariants(&self) {
        self.image.check_invariants();
        assert!(
            self.partition_sets == PartitionSets::of(&self.image),
            "the sets of partitions are not those of the image"
        );
        for id in self.sessions.brokers() {
            assert!(
                self.image.cluster().broker(id).is_some(),
                "session of broker {id} that is not registered"
            );
        }
    }

    /// When a broker's last heartbeat came, in the clock of [`DecisionContext::now_ms`];
    /// `None` if this controller has heard nothing since it became active, or since the
    /// broker registered.
    #[must_use]
    pub fn last_heartbeat_ms(&self, id: NodeId) -> Option<u64> {
        self.sessions.last_heartbeat(id)
    }

    /// Extends the session of a broker that was found alive by other means than a
    /// heartbeat, if it is in the life that has this epoch.
    pub fn keep_session(&mut self, id: NodeId, epoch: BrokerEpoch, now_ms: u64) {
        let broker = self.image.cluster().broker(id);
        if broker.is_some_and(|broker| broker.epoch == epoch) {
            self.sessions.begin(id, now_ms);
        }
    }

    /// The first millisecond at which a broker's session is over.
    fn session_end(&self, id: NodeId) -> u64 {
        let last = self.sessions.last_contact(id).unwrap_or(0);
        last.saturating_add(self.settings.broker_session_timeout_ms)
            .saturating_add(1)
    }

    /// The broker's registration, if the request comes from its present life.
    fn broker_of_epoch(&self, id: i32, epoch: i64) -> Result<&BrokerImage, ApiError> {
        let broker = self.image.cluster().broker(NodeId(id)).ok_or_else(|| {
            ApiError::new(
                ErrorCode::StaleBrokerEpoch,
                format!("No broker registration found for broker id {id}"),
            )
        })?;
        if broker.epoch == BrokerEpoch(epoch) {
            Ok(broker)
        } else {
            Err(ApiError::new(
                ErrorCode::StaleBrokerEpoch,
                format!(
                    "Expected broker epoch {}, but got broker epoch {epoch}",
                    broker.epoch
                ),
            ))
        }
    }

    /// The brokers that new replicas may go to.
    fn usable_brokers(&self) -> Vec<BrokerToUse> {
        let brokers = self.image.cluster().brokers();
        brokers
            .filter(|broker| !broker.in_controlled_shutdown)
            .map(|broker| BrokerToUse {
                id: broker.id,
                rack: broker.rack.clone(),
                fenced: broker.fenced,
            })
            .collect()
    }

    /// What all brokers share: the defaults of topics that set nothing themselves.
    fn broker_layers<'a>(&'a self, dynamic_default: &'a Overrides) -> BrokerLayers<'a> {
        BrokerLayers {
            dynamic_default,
            fixed: &self.settings.configs,
            ..BrokerLayers::default()
        }
    }

    /// The dynamic configs of all brokers.
    fn dynamic_defaults(&self) -> std::sync::Arc<Overrides> {
        let configs = self.image.configs().get(&ConfigResource::all_brokers());
        configs.cloned().unwrap_or_default()
    }

    /// A whole number that the node was started with, or its default.
    fn broker_number(&self, name: &str) -> Option<i64> {
        let nothing = Overrides::new();
        self.broker_layers(&nothing).value(name)?.as_i64()
    }
}

impl<R> Decision<R> {
    /// Only an answer.
    pub fn answer(response: R) -> Self {
        Self {
            records: Vec::new(),
            response,
        }
    }
}

impl ApiError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: Some(message.into()),
        }
    }

    /// A code that says it all.
    pub(crate) fn plain(code: ErrorCode) -> Self {
        Self {
            code,
            message: Some(code.message().to_owned()),
        }
    }
}

impl From<ConfigError> for ApiError {
    fn from(error: ConfigError) -> Self {
        Self::new(ErrorCode::InvalidConfig, error.to_string())
    }
}
