//! BrokerHeartbeat: a broker is alive, and asks to serve or to stop. KIP-631.

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::metadata_records::BrokerRegistrationChangeRecord;
use highwater_protocol::messages::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};
use highwater_types::{NodeId, Offset};

use super::failed_directories::DirectoryNews;
use super::{ControllerState, Decision, DecisionContext};
use crate::image::BrokerImage;

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
        let directories = DirectoryNews::of(&broker, request);
        let before = stand_of(&broker);
        let wishes = Wishes {
            fence: request.want_fence || directories == DirectoryNews::AllFailed,
            shut_down: request.want_shut_down,
        };
        let mut after = self.next_stand(before, wishes, &broker, is_caught_up);
        if after == Stand::Unfenced && before == Stand::Fenced {
            // First the directories, so that it does not lead what it has not.
            if let DirectoryNews::SomeFailed { .. } = directories {
                after = Stand::Fenced;
            }
        }
        self.sessions
            .touch(broker.id, context.now_ms, metadata_offset);
        let mut records = match after {
            after if after == before => Vec::new(),
            Stand::Fenced => self.fencing_records(&broker),
            Stand::MayStop if before == Stand::Fenced => Vec::new(),
            Stand::MayStop => self.fencing_records(&broker),
            Stand::Unfenced => {
                let mut records = vec![registration_change(&broker, -1, 0).into()];
                records.extend(self.lead_again(broker.id));
                records
            }
            Stand::Stopping => {
                let mut records = vec![registration_change(&broker, 0, 1).into()];
                records.extend(self.leave_partitions(broker.id, usize::MAX));
                self.sessions
                    .raise_shutdown_offset(broker.id, context.next_offset);
                records
            }
        };
        if after == before {
            records.extend(self.failed_directory_records(&broker, directories));
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
        wishes: Wishes,
        broker: &BrokerImage,
        is_caught_up: bool,
    ) -> Stand {
        match before {
            Stand::Fenced | Stand::MayStop => {
                if wishes.shut_down {
                    Stand::MayStop
                } else if !wishes.fence && is_caught_up {
                    Stand::Unfenced
                } else {
                    Stand::Fenced
                }
            }
            Stand::Unfenced => {
                let leads = || self.partition_sets.led_count(broker.id) > 0;
                match (wishes.shut_down, wishes.fence) {
                    (false, false) => Stand::Unfenced,
                    (false, true) => Stand::Fenced,
                    (true, false) if leads() && self.others_can_lead(broker.id) => Stand::Stopping,
                    (true, _) => Stand::MayStop,
                }
            }
            Stand::Stopping => {
                let leads = self.partition_sets.led_count(broker.id) > 0;
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

    /// What every active broker has replayed; `None` while that is not known.
    fn lowest_active_offset(&self) -> Option<Offset> {
        let brokers = self.image.cluster().brokers();
        brokers
            .filter(|broker| broker.is_active())
            .map(|broker| self.sessions.metadata_offset(broker.id))
            .min()
            .flatten()
    }
}

/// What a heartbeat asks for.
#[derive(Clone, Copy, Debug)]
struct Wishes {
    fence: bool,
    shut_down: bool,
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

pub(super) fn registration_change(
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
