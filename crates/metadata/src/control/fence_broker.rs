//! Fencing: a broker is taken for dead and leads nothing any more. KIP-631.

use highwater_protocol::messages::metadata_records::BrokerRegistrationChangeRecord;
use highwater_types::NodeId;

use super::partition_change::BrokerMove;
use super::{ControllerState, Decision};
use crate::MetadataRecord;
use crate::image::BrokerImage;

impl ControllerState {
    /// Fences the broker that is silent for the longest, if its session is over; the
    /// response names it. To be called again until it names none, so that each
    /// decision sees where the one before put the leaderships.
    #[must_use]
    pub fn decide_fence_silent_brokers(&self, now_ms: u64) -> Decision<Option<NodeId>> {
        let silent = self
            .image
            .cluster()
            .unfenced()
            .map(|broker| (self.session_end(broker.id), broker))
            .filter(|(end, _)| *end <= now_ms)
            .min_by_key(|(end, broker)| (*end, broker.id));
        match silent {
            None => Decision::answer(None),
            Some((_, broker)) => Decision {
                records: self.fencing_records(broker),
                response: Some(broker.id),
            },
        }
    }

    /// Partitions first, the broker last: no state in between has a fenced leader.
    pub(super) fn fencing_records(&self, broker: &BrokerImage) -> Vec<MetadataRecord> {
        let mut records = self.partition_changes(BrokerMove::Leaves(broker.id));
        let fence = BrokerRegistrationChangeRecord {
            broker_id: broker.id.get(),
            broker_epoch: broker.epoch.get(),
            fenced: 1,
            ..BrokerRegistrationChangeRecord::default()
        };
        records.push(fence.into());
        records
    }
}
