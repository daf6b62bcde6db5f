//! BrokerHeartbeat: a broker is alive, and asks to serve or to stop. KIP-631.

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::metadata_records::BrokerRegistrationChangeRecord;
use highwater_protocol::messages::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};
use highwater_types::{DirectoryId, NodeId, Offset};

use super::partition_change::BrokerMove;
use super::{ControllerState, Decision, DecisionContext};
use crate::MetadataRecord;
use crate::image::{BrokerImage, PartitionImage};

/// Where a broker stands.
///
/// ```text
///            caught up                asks to stop, leads something
///   Fenced ------------> Unfenced --------------------------------> Stopping
///     ^ ^                  |  |                                        |
///     | '--- asks, silent -'  | asks to stop, leads nothing            | leads nothing, and
///     |                       v                                        | the others know it
///     '----------------- may stop now <--------------------------------'
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Fenced,
    Unfenced,
    /// In controlled shutdown: unfenced, and its leaderships move away.
    Stopping,
    /// Fenced, and told so.
    MayStop,
}

impl ControllerState {
    /// Takes a heartbeat: extends the session, and fences, unfences or lets stop.
    pub fn decide_broker_heartbeat(
        &mut self,
        request: &BrokerHeartbeatRequest,
        context: &DecisionContext<'_>,
    ) -> Decision<BrokerHeartbeatResponse> {
        let broker = match self.broker_of_epoch(request.broker_id, request.broker_epoch) {
            Ok(broker) => broker.clone(),
            Err(error) => return refused(error.code),
        };
        let metadata_offset = Offset(request.current_metadata_offset);
        // The broker's epoch is the offset at which its registration begins, and a
        // registration is seen as a whole or not at all.
        let is_caught_up = metadata_offset.get() >= broker.epoch.get();
        let before = stand_of(&broker);
        let after = self.next_stand(before, request, &broker, is_caught_up);
        self.sessions
            .touch(broker.id, context.now_ms, metadata_offset);
        let mut records = match after {
            after if after == before => Vec::new(),
            Stand::Fenced => self.fencing_records(&broker),
            Stand::MayStop if before == Stand::Fenced => Vec::new(),
            Stand::MayStop => self.fencing_records(&broker),
            Stand::Unfenced => {
                let mut records = vec![registration_change(&broker, -1, 0).into()];
                records.extend(self.partition_changes(BrokerMove::Returns(broker.id)));
                records
            }
            Stand::Stopping => {
                let mut records = vec![registration_change(&broker, 0, 1).into()];
                records.extend(self.partition_changes(BrokerMove::Leaves(broker.id)));
                self.sessions
                    .raise_shutdown_offset(broker.id, context.next_offset);
                records
            }
        };
        if after == before {
            records.extend(self.offline_directory_records(&broker, request));
        }
        Decision {
            records,
            response: BrokerHeartbeatResponse {
                is_caught_up,
                is_fenced: matches!(after, Stand::Fenced | Stand::MayStop),
                should_shut_down: after == Stand::MayStop,
                ..BrokerHeartbeatResponse::default()
            },
        }
    }

    fn next_stand(
        &self,
        before: Stand,
        request: &BrokerHeartbeatRequest,
        broker: &BrokerImage,
        is_caught_up: bool,
    ) -> Stand {
        match before {
            Stand::Fenced | Stand::MayStop => {
                if request.want_shut_down {
                    Stand::MayStop
                } else if !request.want_fence && is_caught_up {
                    Stand::Unfenced
                } else {
                    Stand::Fenced
                }
            }
            Stand::Unfenced => {
                let leads = || self.has_leaderships(broker.id);
                match (request.want_shut_down, request.want_fence) {
                    (false, false) => Stand::Unfenced,
                    (false, true) => Stand::Fenced,
                    (true, false) if leads() && self.others_can_lead(broker.id) => Stand::Stopping,
                    (true, _) => Stand::MayStop,
                }
            }
            Stand::Stopping => {
                let leads = self.has_leaderships(broker.id);
                let others_can_lead = self.others_can_lead(broker.id);
                let wanted = self.sessions.shutdown_offset(broker.id);
                if !others_can_lead || (!leads && wanted <= self.lowest_active_offset()) {
                    Stand::MayStop
                } else {
                    Stand::Stopping
                }
            }
        }
    }

    /// Whether there is anybody to take over; a last broker need not wait for that.
    fn others_can_lead(&self, id: NodeId) -> bool {
        let mut brokers = self.image.cluster().brokers();
        brokers.any(|broker| broker.id != id && broker.is_active())
    }

    /// What every active broker has replayed; `None` is below every offset.
    fn lowest_active_offset(&self) -> Option<Offset> {
        let brokers = self.image.cluster().brokers();
        brokers
            .filter(|broker| broker.is_active())
            .map(|broker| self.sessions.metadata_offset(broker.id))
            .min()
    }

    /// Takes directories out of a registration that the broker reports as failed, and
    /// the broker out of the partitions that it has there. KIP-858.
    fn offline_directory_records(
        &self,
        broker: &BrokerImage,
        request: &BrokerHeartbeatRequest,
    ) -> Vec<MetadataRecord> {
        let is_offline = |id: &DirectoryId| request.offline_log_dirs.contains(&id.0);
        let all = broker.directories.iter();
        let online: Vec<_> = all.filter(|id| !is_offline(id)).map(|id| id.0).collect();
        // An empty list would mean "no change" in the record: a broker without any
        // directory stops by itself, and its session ends.
        if online.is_empty() || online.len() == broker.directories.len() {
            return Vec::new();
        }
        let lost = |partition: &PartitionImage| {
            partition
                .directory_of(broker.id)
                .is_some_and(|id| is_offline(&id))
        };
        let mut records = self.partition_changes_where(BrokerMove::Leaves(broker.id), lost);
        let mut change = registration_change(broker, 0, 0);
        change.log_dirs = online;
        records.push(change.into());
        records
    }
}

fn stand_of(broker: &BrokerImage) -> Stand {
    if broker.fenced {
        Stand::Fenced
    } else if broker.in_controlled_shutdown {
        Stand::Stopping
    } else {
        Stand::Unfenced
    }
}

fn registration_change(
    broker: &BrokerImage,
    fenced: i8,
    in_controlled_shutdown: i8,
) -> BrokerRegistrationChangeRecord {
    BrokerRegistrationChangeRecord {
        broker_id: broker.id.get(),
        broker_epoch: broker.epoch.get(),
        fenced,
        in_controlled_shutdown,
        ..BrokerRegistrationChangeRecord::default()
    }
}

fn refused(code: ErrorCode) -> Decision<BrokerHeartbeatResponse> {
    Decision::answer(BrokerHeartbeatResponse {
        error_code: code as i16,
        ..BrokerHeartbeatResponse::default()
    })
}
