//! The first records of a new cluster.

use highwater_protocol::messages::metadata_records::FeatureLevelRecord;

use super::{ControllerState, Decision};
use crate::image::METADATA_VERSION;

/// The metadata level at which this version of Highwater writes, Kafka's 4.3-IV0.
pub const METADATA_VERSION_LEVEL: i16 = 30;

impl ControllerState {
    /// What a new active controller writes before anything else: in a log without
    /// records, the level at which records are written, so that every reader knows
    /// how to read them; nothing in any other. KIP-778.
    #[must_use]
    pub fn decide_bootstrap(&self) -> Decision<()> {
        if !self.image.features().is_empty() {
            return Decision::answer(());
        }
        let level = FeatureLevelRecord {
            name: METADATA_VERSION.to_owned(),
            feature_level: METADATA_VERSION_LEVEL,
        };
        Decision {
            records: vec![level.into()],
            response: (),
        }
    }
}
