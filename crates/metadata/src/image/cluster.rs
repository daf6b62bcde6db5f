//! The registered brokers.

use std::collections::BTreeMap;
use std::sync::Arc;

use highwater_types::{BrokerEpoch, DirectoryId, NodeId, Uuid};
use imbl::OrdMap;

use super::partition::directory;

/// How an endpoint is protected, with Kafka's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum SecurityProtocol {
    #[default]
    Plaintext = 0,
    Ssl = 1,
    SaslPlaintext = 2,
    SaslSsl = 3,
}

/// Where a broker listens, as it advertised it at registration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The listener's name, such as `PLAINTEXT` or `INTERNAL`.
    pub listener: String,
    pub host: String,
    pub port: u16,
    pub security_protocol: SecurityProtocol,
}

/// Which levels of a feature a broker can work with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeatureRange {
    pub min: i16,
    pub max: i16,
}

/// One broker's registration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerImage {
    pub id: NodeId,
    /// The offset of the registration's record; fences messages of earlier lives.
    pub epoch: BrokerEpoch,
    /// Chosen anew each time that the broker's process starts.
    pub incarnation_id: Uuid,
    /// In the order that the broker sent.
    pub endpoints: Vec<Endpoint>,
    pub features: BTreeMap<String, FeatureRange>,
    pub rack: Option<String>,
    /// Registered, but gets no leadership and is not shown to clients.
    pub fenced: bool,
    /// Asked to stop: keeps serving until its leaderships have moved.
    pub in_controlled_shutdown: bool,
    /// Log directories that are online, ascending.
    pub directories: Vec<DirectoryId>,
}

/// All registered brokers, fenced ones included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterImage {
    brokers: OrdMap<NodeId, Arc<BrokerImage>>,
}

impl SecurityProtocol {
    /// Reads Kafka's number; `None` for one that Kafka does not know.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        match code {
            0 => Some(Self::Plaintext),
            1 => Some(Self::Ssl),
            2 => Some(Self::SaslPlaintext),
            3 => Some(Self::SaslSsl),
            _ => None,
        }
    }

    /// Kafka's number.
    #[must_use]
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The name in `listener.security.protocol.map`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }
}

impl BrokerImage {
    /// The endpoint of one listener.
    #[must_use]
    pub fn endpoint(&self, listener: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|e| e.listener == listener)
    }

    /// Whether a replica in this directory can be used, as far as the registration says:
    /// one that the broker has not placed yet counts. KIP-858.
    #[must_use]
    pub fn has_online(&self, id: DirectoryId) -> bool {
        if directory::is_reserved(id) {
            id != directory::LOST
        } else {
            self.directories.contains(&id)
        }
    }

    /// Whether the broker may lead partitions: not fenced and not about to stop.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }
}

impl ClusterImage {
    #[must_use]
    pub fn broker(&self, id: NodeId) -> Option<&Arc<BrokerImage>> {
        self.brokers.get(&id)
    }

    /// All registered brokers, by ascending id.
    pub fn brokers(&self) -> impl Iterator<Item = &Arc<BrokerImage>> {
        self.brokers.values()
    }

    /// The brokers that clients may see, by ascending id.
    pub fn unfenced(&self) -> impl Iterator<Item = &Arc<BrokerImage>> {
        self.brokers().filter(|broker| !broker.fenced)
    }

    /// Whether this broker may lead partitions.
    #[must_use]
    pub fn is_active(&self, id: NodeId) -> bool {
        self.broker(id).is_some_and(|broker| broker.is_active())
    }

    /// How many brokers are registered, fenced ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.brokers.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.brokers.is_empty()
    }

    pub(crate) fn insert(&mut self, broker: BrokerImage) {
        self.brokers.insert(broker.id, Arc::new(broker));
    }

    pub(crate) fn remove(&mut self, id: NodeId) -> Option<Arc<BrokerImage>> {
        self.brokers.remove(&id)
    }

    pub(crate) fn get_mut(&mut self, id: NodeId) -> Option<&mut BrokerImage> {
        self.brokers.get_mut(&id).map(Arc::make_mut)
    }

    pub(crate) fn map(&self) -> &OrdMap<NodeId, Arc<BrokerImage>> {
        &self.brokers
    }
}
