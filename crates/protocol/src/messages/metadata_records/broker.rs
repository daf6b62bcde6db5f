//! Records about brokers.

use highwater_types::Uuid;

use crate::Message;

/// RegisterBroker, record type 0.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 0, versions = "0-4", flexible = "0+")]
pub struct RegisterBrokerRecord {
    pub broker_id: i32,
    #[field(versions = "2+")]
    pub is_migrating_zk_broker: bool,
    pub incarnation_id: Uuid,
    pub broker_epoch: i64,
    pub end_points: Vec<BrokerEndpoint>,
    pub features: Vec<BrokerFeature>,
    #[field(nullable = "0+")]
    pub rack: Option<String>,
    #[field(default = true)]
    pub fenced: bool,
    #[field(versions = "1+")]
    pub in_controlled_shutdown: bool,
    #[field(versions = "3+", tag = 0)]
    pub log_dirs: Vec<Uuid>,
    #[field(versions = "4+", nullable = "4+", tag = 1, default = null)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

/// An element of `RegisterBrokerRecord::end_points`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct BrokerEndpoint {
    pub name: String,
    pub host: String,
    pub port: u16,
    pub security_protocol: i16,
}

/// An element of `RegisterBrokerRecord::features`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct BrokerFeature {
    pub name: String,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

/// UnregisterBroker, record type 1.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 1, versions = "0", flexible = "0+")]
pub struct UnregisterBrokerRecord {
    pub broker_id: i32,
    pub broker_epoch: i64,
}

/// BrokerRegistrationChange, record type 17.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 17, versions = "0-3", flexible = "0+")]
pub struct BrokerRegistrationChangeRecord {
    pub broker_id: i32,
    pub broker_epoch: i64,
    #[field(tag = 0)]
    pub fenced: i8,
    #[field(versions = "1+", tag = 1)]
    pub in_controlled_shutdown: i8,
    #[field(versions = "2+", tag = 2)]
    pub log_dirs: Vec<Uuid>,
    #[field(versions = "3+", nullable = "3+", tag = 3, default = null)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}
