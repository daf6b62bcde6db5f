//! Fencing: a broker is taken for dead and leads nothing any more. KIP-631.

use highwater_protocol::messages::metadata_records::BrokerRegistrationChangeRecord;
use highwater_types::{BrokerEpoch, NodeId};

use super::{ControllerState, Decision};
use crate::MetadataRecord;
use crate::image::BrokerImage;

/// Partitions that one decision takes a broker out of. Brokers see a decision as a whole:
/// with many partitions the first of them get their leaders while the others are decided.
const PARTITIONS_PER_DECISION: usize = 2_000;

/// What became of a wish to fence a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fencing {
    /// Another life of the broker is registered, or none, or it is fenced.
    NotNeeded,
    /// It leads less than before; the decision is to be asked for again.
    Partly,
    /// It is fenced.
    Fenced,
}

impl ControllerState {
    /// Fences a broker that somebody found dead, if it is in the life that has this epoch.
    /// To be called again until the answer is not [`Fencing::Partly`].
    #[must_use]
    pub fn decide_fence_broker(&self, id: NodeId, epoch: BrokerEpoch) -> Decision<Fencing> {
        match self.image.cluster().broker(id) {
            Some(broker) if broker.epoch == epoch && !broker.fenced => self.fence_some(broker),
            _ => Decision::answer(Fencing::NotNeeded),
        }
    }

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
                records: self.fence_some(broker).records,
                response: Some(broker.id),
            },
        }
    }

    fn fence_some(&self, broker: &BrokerImage) -> Decision<Fencing> {
        let mut records = self.leave_partitions(broker.id, PARTITIONS_PER_DECISION);
        if records.len() == PARTITIONS_PER_DECISION {
            return Decision {
                records,
                response: Fencing::Partly,
            };
        }
        records.push(fence(broker));
        Decision {
            records,
            response: Fencing::Fenced,
        }
    }

    /// Fences a broker that asked for it, in one decision. Partitions first, the broker
    /// last: no state in between has a fenced leader.
    pub(super) fn fencing_records(&self, broker: &BrokerImage) -> Vec<MetadataRecord> {
        let mut records = self.leave_partitions(broker.id, usize::MAX);
        records.push(fence(broker));
        records
    }
}

fn fence(broker: &BrokerImage) -> MetadataRecord {
    BrokerRegistrationChangeRecord {
        broker_id: broker.id.get(),
        broker_epoch: broker.epoch.get(),
        fenced: 1,
        ..BrokerRegistrationChangeRecord::default()
    }
    .into()
}
