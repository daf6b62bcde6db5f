//! Records about brokers.

use highwater_types::Uuid;

use crate::Message;

/// A broker registered; replaces what was known of it. Record type 0.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 0, versions = "0-4", flexible = "0+")]
pub struct RegisterBrokerRecord {
    pub broker_id: i32,
    /// Always false: ZooKeeper is gone.
    #[field(versions = "2+")]
    pub is_migrating_zk_broker: bool,
    /// Random, new whenever the broker process starts.
    pub incarnation_id: Uuid,
    /// What the controller gave the broker when it registered.
    pub broker_epoch: i64,
    pub end_points: Vec<BrokerEndpoint>,
    pub features: Vec<BrokerFeature>,
    /// Null if the broker has none.
    #[field(nullable = "0+")]
    pub rack: Option<String>,
    /// A fenced broker leads nothing and serves nobody.
    #[field(default = true)]
    pub fenced: bool,
    #[field(versions = "1+")]
    pub in_controlled_shutdown: bool,
    /// Directory ids of the log directories that work (KIP-858).
    #[field(versions = "3+", tag = 0)]
    pub log_dirs: Vec<Uuid>,
    /// Directories that get no new replicas (KIP-1066); null if nothing is known.
    #[field(versions = "4+", nullable = "4+", tag = 1, default = null)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

/// An element of `RegisterBrokerRecord::end_points`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct BrokerEndpoint {
    pub name: String,
    pub host: String,
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
}

/// An element of `RegisterBrokerRecord::features`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct BrokerFeature {
    pub name: String,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

/// A broker was removed for good. Record type 1.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 1, versions = "0", flexible = "0+")]
pub struct UnregisterBrokerRecord {
    pub broker_id: i32,
    /// What the controller gave the broker when it registered.
    pub broker_epoch: i64,
}

/// A registered broker changed. Record type 17.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 17, versions = "0-3", flexible = "0+")]
pub struct BrokerRegistrationChangeRecord {
    pub broker_id: i32,
    /// What the controller gave the broker when it registered.
    pub broker_epoch: i64,
    /// -1 unfences, 1 fences, 0 changes nothing.
    #[field(tag = 0)]
    pub fenced: i8,
    /// 1 if it began, 0 for no change.
    #[field(versions = "1+", tag = 1)]
    pub in_controlled_shutdown: i8,
    /// Directory ids of the log directories that work (KIP-858).
    #[field(versions = "2+", tag = 2)]
    pub log_dirs: Vec<Uuid>,
    /// Directories that get no new replicas (KIP-1066); null if nothing is known.
    #[field(versions = "3+", nullable = "3+", tag = 3, default = null)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}
