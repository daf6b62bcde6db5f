//! A broker's way to the active controller.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use highwater_types::{BrokerEpoch, NodeId, Offset, Uuid};

/// A request in Kafka's encoding, for an API that only the active controller can
/// decide: CreateTopics, BrokerRegistration, AllocateProducerIds and their like.
#[derive(Clone, Debug)]
pub struct ControllerRequest {
    pub api_key: i16,
    pub api_version: i16,
    /// The request's body, without a header.
    pub body: Bytes,
    /// The principal and address of the client that a broker forwards for, for logs.
    pub client: String,
}

/// Why a request got no answer. Its outcome is unknown after [`Self::Unreachable`] and
/// [`Self::TimedOut`]; after the others nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The active controller may be the one named.
    #[error("not the active controller")]
    NotController { active: Option<ActiveController> },
    #[error("the controller can not be reached: {0}")]
    Unreachable(String),
    #[error("the controller did not answer in time")]
    TimedOut,
    /// The request could not be read or is not one that a controller serves.
    #[error("the controller refused the request: {0}")]
    InvalidRequest(String),
    /// The controllers that were found belong to another cluster.
    #[error("the controller belongs to another cluster: {0}")]
    OtherCluster(String),
}

/// Who leads the metadata quorum, as another controller knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveController {
    pub id: NodeId,
    /// `host:port` of its controller listener, if it is known.
    pub address: Option<String>,
}

/// One registration of one life of a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    pub broker_id: NodeId,
    pub broker_epoch: BrokerEpoch,
    /// Of the broker's process, as it registered.
    pub incarnation: Uuid,
}

/// Committed metadata, in order and without holes.
#[derive(Clone, Debug)]
pub enum MetadataUpdate {
    /// The whole state up to and including `last_offset`; replaces everything before it.
    Snapshot {
        last_offset: Offset,
        /// Encoded metadata records.
        records: Vec<Bytes>,
    },
    /// One committed batch: encoded records with the offset of the last of them.
    Records {
        last_offset: Offset,
        records: Vec<Bytes>,
    },
}

/// Committed metadata from some offset on; ends when the controller goes away.
pub type MetadataStream = BoxStream<'static, MetadataUpdate>;

/// The heartbeats of one registration to one active controller. Dropping it tells the
/// controller that the broker may be gone, which it then checks at once.
#[async_trait]
pub trait Heartbeats: Send + 'static {
    /// Sends the body of a BrokerHeartbeat request and returns the response's body.
    /// Whoever does not wait for the answer must drop the stream.
    ///
    /// # Errors
    /// When the stream has ended; another one is needed then.
    async fn beat(&mut self, body: Bytes) -> Result<Bytes, ChannelError>;

    /// Resolves when the stream has ended: the controller is gone, or not active any
    /// more.
    async fn ended(&mut self) -> ChannelError;
}

/// The active controller as a broker sees it.
#[async_trait]
pub trait ControllerChannel: Send + Sync + 'static {
    /// Asks the active controller and returns the response's body in the same
    /// version, once what it decided is committed and applied.
    async fn call(&self, request: ControllerRequest) -> Result<Bytes, ChannelError>;

    /// Committed metadata after `last_seen` ([`Offset::NONE`] for all of it); a
    /// snapshot first where the records are no longer kept.
    async fn subscribe(&self, last_seen: Offset) -> Result<MetadataStream, ChannelError>;

    /// Opens the stream of a registration's heartbeats, in one version of BrokerHeartbeat,
    /// to the active controller.
    async fn heartbeats(
        &self,
        registration: Registration,
        api_version: i16,
    ) -> Result<Box<dyn Heartbeats>, ChannelError>;
}
