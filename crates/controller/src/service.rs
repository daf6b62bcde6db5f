//! Requests in Kafka's encoding, each to its decision.

use bytes::Bytes;
use highwater_metadata::{ControllerState, Decision, DecisionContext};
use highwater_protocol::messages::{
    AllocateProducerIdsRequest, AlterConfigsRequest, AlterPartitionRequest,
    AssignReplicasToDirsRequest, BrokerHeartbeatRequest, BrokerRegistrationRequest,
    CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest,
    IncrementalAlterConfigsRequest,
};
use highwater_protocol::wire::Reader;
use highwater_protocol::{ApiKey, Message, Request};
use highwater_rpc::{ChannelError, ControllerRequest};

/// Reads a request, decides, and encodes the response in the request's version.
///
/// # Errors
/// [`ChannelError::InvalidRequest`]: nothing was decided.
pub(crate) fn decide(
    state: &mut ControllerState,
    request: &ControllerRequest,
    context: &mut DecisionContext<'_>,
) -> Result<Decision<Bytes>, ChannelError> {
    let key = ApiKey::try_from(request.api_key)
        .map_err(|_| invalid(format!("unknown API key {}", request.api_key)))?;
    match key {
        ApiKey::CreateTopics => {
            on::<CreateTopicsRequest>(request, |body| state.decide_create_topics(body, context))
        }
        ApiKey::DeleteTopics => on::<DeleteTopicsRequest>(request, |body| {
            state.decide_delete_topics(body, request.api_version)
        }),
        ApiKey::CreatePartitions => on::<CreatePartitionsRequest>(request, |body| {
            state.decide_create_partitions(body, context)
        }),
        ApiKey::AlterConfigs => {
            on::<AlterConfigsRequest>(request, |body| state.decide_alter_configs(body))
        }
        ApiKey::IncrementalAlterConfigs => on::<IncrementalAlterConfigsRequest>(request, |body| {
            state.decide_incremental_alter_configs(body)
        }),
        ApiKey::BrokerRegistration => on::<BrokerRegistrationRequest>(request, |body| {
            state.decide_register_broker(body, context)
        }),
        ApiKey::BrokerHeartbeat => on::<BrokerHeartbeatRequest>(request, |body| {
            state.decide_broker_heartbeat(body, context)
        }),
        ApiKey::AlterPartition => on::<AlterPartitionRequest>(request, |body| {
            state.decide_alter_partition(body, request.api_version)
        }),
        ApiKey::AssignReplicasToDirs => on::<AssignReplicasToDirsRequest>(request, |body| {
            state.decide_assign_replicas_to_dirs(body)
        }),
        ApiKey::AllocateProducerIds => on::<AllocateProducerIdsRequest>(request, |body| {
            state.decide_allocate_producer_ids(body)
        }),
        other => Err(invalid(format!("a controller does not serve {other:?}"))),
    }
}

fn on<R: Request>(
    request: &ControllerRequest,
    decide: impl FnOnce(&R) -> Decision<R::Response>,
) -> Result<Decision<Bytes>, ChannelError> {
    let version = request.api_version;
    if !R::VERSIONS.contains(version) {
        return Err(invalid(format!("{} version {version}", R::NAME)));
    }
    let body = R::decode(&mut Reader::new(request.body.clone()), version)
        .map_err(|error| invalid(format!("{}: {error}", R::NAME)))?;
    let decision = decide(&body);
    let response = decision
        .response
        .to_bytes(version)
        .map_err(|error| invalid(format!("the response to {}: {error}", R::NAME)))?;
    Ok(Decision {
        records: decision.records,
        response,
    })
}

fn invalid(reason: String) -> ChannelError {
    ChannelError::InvalidRequest(reason)
}
