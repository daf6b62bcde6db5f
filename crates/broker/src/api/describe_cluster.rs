//! DescribeCluster: the brokers and where to reach them. KIP-700, KIP-919.

use std::sync::Arc;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::describe_cluster::{
    DescribeClusterBroker, DescribeClusterRequest, DescribeClusterResponse,
};

use super::{ApiError, operations};
use crate::context::{BrokerContext, RequestContext};

const BROKER_ENDPOINTS: i8 = 1;
const CONTROLLER_ENDPOINTS: i8 = 2;

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: DescribeClusterRequest,
    rc: &RequestContext,
) -> Result<DescribeClusterResponse, ApiError> {
    match request.endpoint_type {
        BROKER_ENDPOINTS => {}
        CONTROLLER_ENDPOINTS => {
            return Ok(refusal(
                &request,
                ErrorCode::MismatchedEndpointType,
                "The request was sent to an endpoint of type BROKER, but we wanted an endpoint \
                 of type CONTROLLER",
            ));
        }
        _ => {
            let code = ErrorCode::UnsupportedEndpointType;
            return Ok(refusal(&request, code, code.message()));
        }
    }
    let image = ctx.metadata.image();
    let brokers = image
        .cluster()
        .brokers()
        .filter(|broker| !broker.fenced || request.include_fenced_brokers)
        .filter_map(|broker| {
            let endpoint = broker.endpoint(&rc.listener)?;
            Some(DescribeClusterBroker {
                broker_id: broker.id.get(),
                host: endpoint.host.clone(),
                port: i32::from(endpoint.port),
                rack: broker.rack.clone(),
                is_fenced: broker.fenced,
            })
        });
    let cluster_authorized_operations = if request.include_cluster_authorized_operations {
        operations::ON_CLUSTER
    } else {
        operations::NOT_ASKED
    };
    Ok(DescribeClusterResponse {
        endpoint_type: BROKER_ENDPOINTS,
        cluster_id: ctx.config.cluster_id.to_string(),
        controller_id: ctx.controller_id_for_clients(&image).get(),
        brokers: brokers.collect(),
        cluster_authorized_operations,
        ..DescribeClusterResponse::default()
    })
}

fn refusal(
    request: &DescribeClusterRequest,
    code: ErrorCode,
    message: &str,
) -> DescribeClusterResponse {
    DescribeClusterResponse {
        error_code: code.code(),
        error_message: Some(message.into()),
        endpoint_type: request.endpoint_type,
        ..DescribeClusterResponse::default()
    }
}
