//! A broker's way to the active controller.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use highwater_types::{NodeId, Offset};

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

/// Why a request got no answer. The outcome of the request is then unknown,
/// except for [`ChannelError::NotController`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// Nothing was done; the active controller may be the one named.
    #[error("not the active controller")]
    NotController { active: Option<NodeId> },
    #[error("the controller can not be reached: {0}")]
    Unreachable(String),
    #[error("the controller did not answer in time")]
    TimedOut,
    /// The request could not be read or is not one that a controller serves.
    #[error("the controller refused the request: {0}")]
    InvalidRequest(String),
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

/// The active controller as a broker sees it.
#[async_trait]
pub trait ControllerChannel: Send + Sync + 'static {
    /// Asks the active controller and returns the response's body in the same
    /// version, once what it decided is committed and applied.
    async fn call(&self, request: ControllerRequest) -> Result<Bytes, ChannelError>;

    /// Committed metadata after `last_seen` ([`Offset::NONE`] for all of it); a
    /// snapshot first where the records are no longer kept.
    async fn subscribe(&self, last_seen: Offset) -> Result<MetadataStream, ChannelError>;
}
