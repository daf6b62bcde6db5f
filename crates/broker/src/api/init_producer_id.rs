//! InitProducerId: an identity for an idempotent producer. KIP-98, KIP-360.

use std::sync::Arc;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::init_producer_id::{
    InitProducerIdRequest, InitProducerIdResponse,
};
use highwater_types::{ProducerEpoch, ProducerId};

use super::ApiError;
use crate::context::{BrokerContext, RequestContext};

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: InitProducerIdRequest,
    _rc: &RequestContext,
) -> Result<InitProducerIdResponse, ApiError> {
    Ok(match init(ctx, &request).await {
        Ok(producer_id) => InitProducerIdResponse {
            producer_id: producer_id.get(),
            producer_epoch: 0,
            ..InitProducerIdResponse::default()
        },
        Err(code) => InitProducerIdResponse {
            error_code: code.code(),
            producer_id: ProducerId::NONE.get(),
            producer_epoch: ProducerEpoch::NONE.get(),
            ..InitProducerIdResponse::default()
        },
    })
}

async fn init(
    ctx: &BrokerContext,
    request: &InitProducerIdRequest,
) -> Result<ProducerId, ErrorCode> {
    let knows_id = request.producer_id != ProducerId::NONE.get();
    let knows_epoch = request.producer_epoch != ProducerEpoch::NONE.get();
    if knows_id != knows_epoch || request.producer_id < -1 || request.producer_epoch < -1 {
        return Err(ErrorCode::InvalidRequest);
    }
    match request.transactional_id.as_deref() {
        // Without transactions, a producer that lost its place simply gets a new id.
        None => ctx.producer_ids.next().await,
        Some("") => Err(ErrorCode::InvalidRequest),
        // There is no transaction coordinator yet.
        Some(_) => Err(ErrorCode::CoordinatorNotAvailable),
    }
}
