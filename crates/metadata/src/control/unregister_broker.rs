//! A broker is gone for good.

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::metadata_records::UnregisterBrokerRecord;
use highwater_types::NodeId;

use super::{ControllerState, Decision};

impl ControllerState {
    /// Removes a broker's registration. Its replicas stay assigned to it.
    #[must_use]
    pub fn decide_unregister_broker(&self, id: NodeId) -> Decision<Result<(), ErrorCode>> {
        let Some(broker) = self.image.cluster().broker(id) else {
            return Decision::answer(Err(ErrorCode::BrokerIdNotRegistered));
        };
        let mut records = self.leave_partitions(id, usize::MAX);
        let unregister = UnregisterBrokerRecord {
            broker_id: id.get(),
            broker_epoch: broker.epoch.get(),
        };
        records.push(unregister.into());
        Decision {
            records,
            response: Ok(()),
        }
    }
}
