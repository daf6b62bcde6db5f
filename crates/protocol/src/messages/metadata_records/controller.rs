//! Records about controllers.

use highwater_types::Uuid;

use crate::Message;

/// A controller registered; replaces what was known of it (KIP-919). Record
/// type 27.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(record = 27, versions = "0", flexible = "0+")]
pub struct RegisterControllerRecord {
    pub controller_id: i32,
    /// Random, new whenever the controller process starts.
    pub incarnation_id: Uuid,
    /// Always false: ZooKeeper is gone.
    pub zk_migration_ready: bool,
    pub end_points: Vec<ControllerEndpoint>,
    pub features: Vec<ControllerFeature>,
}

/// An element of `RegisterControllerRecord::end_points`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ControllerEndpoint {
    pub name: String,
    pub host: String,
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
}

/// An element of `RegisterControllerRecord::features`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ControllerFeature {
    pub name: String,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}
