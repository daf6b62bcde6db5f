//! Records about the cluster as a whole.

use crate::Message;

/// Config, record type 4.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 4, versions = "0", flexible = "0+")]
pub struct ConfigRecord {
    pub resource_type: i8,
    pub resource_name: String,
    pub name: String,
    #[field(nullable = "0+")]
    pub value: Option<String>,
}

/// FeatureLevel, record type 12.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 12, versions = "0", flexible = "0+")]
pub struct FeatureLevelRecord {
    pub name: String,
    pub feature_level: i16,
}

/// ProducerIds, record type 15.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 15, versions = "0", flexible = "0+")]
pub struct ProducerIdsRecord {
    pub broker_id: i32,
    #[field(default = -1)]
    pub broker_epoch: i64,
    pub next_producer_id: i64,
}

/// NoOp, record type 20.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 20, versions = "0", flexible = "0+")]
pub struct NoOpRecord {}
