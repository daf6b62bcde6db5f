//! AllocateProducerIds: a block of producer ids for a broker. KIP-730.

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::metadata_records::ProducerIdsRecord;
use highwater_protocol::messages::{AllocateProducerIdsRequest, AllocateProducerIdsResponse};

use super::{ControllerState, Decision};

/// How many ids a block has.
const BLOCK_LENGTH: i32 = 1000;

impl ControllerState {
    /// Gives out the next block. What a broker does not use of it is lost.
    #[must_use]
    pub fn decide_allocate_producer_ids(
        &self,
        request: &AllocateProducerIdsRequest,
    ) -> Decision<AllocateProducerIdsResponse> {
        let refused = |code: ErrorCode| {
            Decision::answer(AllocateProducerIdsResponse {
                error_code: code as i16,
                ..AllocateProducerIdsResponse::default()
            })
        };
        if let Err(error) = self.broker_of_epoch(request.broker_id, request.broker_epoch) {
            return refused(error.code);
        }
        let start = self.image.producer_ids().next().get();
        let Some(next_producer_id) = start.checked_add(i64::from(BLOCK_LENGTH)) else {
            return refused(ErrorCode::UnknownServerError);
        };
        let record = ProducerIdsRecord {
            broker_id: request.broker_id,
            broker_epoch: request.broker_epoch,
            next_producer_id,
        };
        Decision {
            records: vec![record.into()],
            response: AllocateProducerIdsResponse {
                producer_id_start: start,
                producer_id_len: BLOCK_LENGTH,
                ..AllocateProducerIdsResponse::default()
            },
        }
    }
}
