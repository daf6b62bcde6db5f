//! Records about the cluster as a whole.

use crate::Message;

/// A setting was made or removed. Record type 4.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 4, versions = "0", flexible = "0+")]
pub struct ConfigRecord {
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// A topic's name or a broker's id; empty for the default of all brokers.
    pub resource_name: String,
    pub name: String,
    /// Null removes the setting.
    #[field(nullable = "0+")]
    pub value: Option<String>,
}

/// A feature was finalized at a level; 0 removes it (KIP-584). Record type 12.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 12, versions = "0", flexible = "0+")]
pub struct FeatureLevelRecord {
    pub name: String,
    pub feature_level: i16,
}

/// A broker got a block of producer ids (KIP-730). Record type 15.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 15, versions = "0", flexible = "0+")]
pub struct ProducerIdsRecord {
    pub broker_id: i32,
    /// What the controller gave the broker when it registered.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// The first id of the next block.
    pub next_producer_id: i64,
}

/// Changes nothing; shows that the log moves. Record type 20.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 20, versions = "0", flexible = "0+")]
pub struct NoOpRecord {}
