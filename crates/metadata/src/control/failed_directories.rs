//! Log directories that a broker reports as failed. KIP-112, KIP-858.

use highwater_protocol::messages::BrokerHeartbeatRequest;
use highwater_types::{DirectoryId, Uuid};

use super::ControllerState;
use super::broker_heartbeat::registration_change;
use crate::MetadataRecord;
use crate::image::BrokerImage;

/// What a heartbeat says of directories that the registration has as online.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DirectoryNews {
    Nothing,
    SomeFailed {
        /// What is left.
        online: Vec<Uuid>,
    },
    /// The broker can do nothing any more. Its registration keeps its directories, because
    /// a record can not say that there are none.
    AllFailed,
}

impl DirectoryNews {
    pub(super) fn of(broker: &BrokerImage, request: &BrokerHeartbeatRequest) -> Self {
        let is_online = |id: &&DirectoryId| !request.offline_log_dirs.contains(&id.0);
        let online: Vec<_> = broker.directories.iter().filter(is_online).collect();
        if online.len() == broker.directories.len() {
            Self::Nothing
        } else if online.is_empty() {
            Self::AllFailed
        } else {
            Self::SomeFailed {
                online: online.into_iter().map(|id| id.0).collect(),
            }
        }
    }
}

impl ControllerState {
    /// Takes failed directories out of a registration, and the broker out of the leaders
    /// and ISRs of the partitions that it has there.
    pub(super) fn failed_directory_records(
        &self,
        broker: &BrokerImage,
        news: DirectoryNews,
    ) -> Vec<MetadataRecord> {
        let DirectoryNews::SomeFailed { online } = news else {
            return Vec::new();
        };
        let failed = |id: DirectoryId| broker.directories.contains(&id) && !online.contains(&id.0);
        let mut records = self.leave_directories(broker.id, failed);
        let mut change = registration_change(broker, 0, 0);
        change.log_dirs = online;
        records.push(change.into());
        records
    }
}
