//! BrokerRegistration: a broker's process has started. KIP-631, KIP-858.

use std::collections::BTreeSet;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::metadata_records as kraft;
use highwater_protocol::messages::{BrokerRegistrationRequest, BrokerRegistrationResponse};
use highwater_types::{DirectoryId, NodeId};

use super::{ApiError, ControllerState, Decision, DecisionContext};
use crate::image::{BrokerImage, SecurityProtocol, directory};

impl ControllerState {
    /// Registers a broker, fenced until its heartbeats say that it has caught up. Its
    /// epoch is the offset of this decision. The same incarnation that registers again
    /// keeps its epoch and its standing.
    pub fn decide_register_broker(
        &mut self,
        request: &BrokerRegistrationRequest,
        context: &DecisionContext<'_>,
    ) -> Decision<BrokerRegistrationResponse> {
        if let Err(error) = self.check_registration(request, context.now_ms) {
            return Decision::answer(BrokerRegistrationResponse {
                error_code: error.code as i16,
                ..BrokerRegistrationResponse::default()
            });
        }
        let id = NodeId(request.broker_id);
        let before = self.image.cluster().broker(id).cloned();
        let same = before
            .as_ref()
            .filter(|broker| broker.incarnation_id == request.incarnation_id);
        let mut record = registration_record(request);
        let mut records = Vec::new();
        match same {
            Some(broker) => {
                record.broker_epoch = broker.epoch.get();
                record.fenced = broker.fenced;
                record.in_controlled_shutdown = broker.in_controlled_shutdown;
            }
            None => {
                record.broker_epoch = context.next_offset.get();
                record.fenced = true;
                // Its earlier life may be registered as serving still.
                records.extend(self.restart_partitions(before.as_deref(), request));
            }
        }
        let broker_epoch = record.broker_epoch;
        records.push(record.into());
        if same.is_none() {
            self.sessions.forget(id);
        }
        Decision {
            records,
            response: BrokerRegistrationResponse {
                broker_epoch,
                ..BrokerRegistrationResponse::default()
            },
        }
    }

    fn check_registration(
        &self,
        request: &BrokerRegistrationRequest,
        now_ms: u64,
    ) -> Result<(), ApiError> {
        if request.cluster_id != self.settings.cluster_id.0 {
            let message = format!(
                "Expected cluster ID {}, but got cluster ID {}",
                self.settings.cluster_id, request.cluster_id
            );
            return Err(ApiError::new(ErrorCode::InconsistentClusterId, message));
        }
        if request.is_migrating_zk_broker {
            return Err(ApiError::plain(ErrorCode::BrokerIdNotRegistered));
        }
        let invalid = |message: String| Err(ApiError::new(ErrorCode::InvalidRegistration, message));
        for listener in &request.listeners {
            if SecurityProtocol::from_code(listener.security_protocol).is_none() {
                return invalid(format!("Unknown security protocol of {}", listener.name));
            }
        }
        if request.log_dirs.is_empty() {
            return invalid("No directories specified in request".to_owned());
        }
        let distinct: BTreeSet<_> = request.log_dirs.iter().collect();
        if distinct.len() != request.log_dirs.len() {
            return invalid("Duplicate directory ID in request".to_owned());
        }
        if distinct
            .iter()
            .any(|id| directory::is_reserved(DirectoryId(**id)))
        {
            return invalid("Reserved directory ID in request".to_owned());
        }
        self.check_other_registrations(request, now_ms)?;
        self.check_features(request)
    }

    /// Refuses an id whose broker is alive elsewhere, and directories of another broker.
    fn check_other_registrations(
        &self,
        request: &BrokerRegistrationRequest,
        now_ms: u64,
    ) -> Result<(), ApiError> {
        for broker in self.image.cluster().brokers() {
            let shared = |id: &DirectoryId| request.log_dirs.contains(&id.0);
            if broker.id.get() != request.broker_id {
                if let Some(id) = broker.directories.iter().copied().find(|id| shared(id)) {
                    let message = format!(
                        "Broker {} is already registered with directory {id}",
                        broker.id
                    );
                    return Err(ApiError::new(ErrorCode::InvalidRegistration, message));
                }
                continue;
            }
            let alive = !broker.fenced && now_ms < self.session_end(broker.id);
            let other_life = broker.incarnation_id != request.incarnation_id;
            if alive && other_life && !is_successor(broker, request) {
                return Err(ApiError::plain(ErrorCode::DuplicateBrokerRegistration));
            }
        }
        Ok(())
    }

    /// Refuses a broker that can not work at the cluster's feature levels. KIP-584.
    fn check_features(&self, request: &BrokerRegistrationRequest) -> Result<(), ApiError> {
        for (name, level) in self.image.features().iter() {
            let supported = request.features.iter().find(|feature| feature.name == name);
            let (min, max) = supported.map_or((0, 0), |feature| {
                (feature.min_supported_version, feature.max_supported_version)
            });
            if level < min || level > max {
                let message = format!(
                    "Unable to register because the broker does not support finalized version \
                     {level} of {name}. The broker wants a version between {min} and {max}, inclusive."
                );
                return Err(ApiError::new(ErrorCode::UnsupportedVersion, message));
            }
        }
        Ok(())
    }
}

/// Whether a new incarnation holds all log directories of the registered one. They are
/// locked by the process that uses them, so the earlier process is gone, and the new one
/// need not wait for the end of its session.
fn is_successor(broker: &BrokerImage, request: &BrokerRegistrationRequest) -> bool {
    let held = |id: &DirectoryId| request.log_dirs.contains(&id.0);
    !broker.directories.is_empty() && broker.directories.iter().all(held)
}

fn registration_record(request: &BrokerRegistrationRequest) -> kraft::RegisterBrokerRecord {
    kraft::RegisterBrokerRecord {
        broker_id: request.broker_id,
        incarnation_id: request.incarnation_id,
        end_points: request
            .listeners
            .iter()
            .map(|listener| kraft::BrokerEndpoint {
                name: listener.name.clone(),
                host: listener.host.clone(),
                port: listener.port,
                security_protocol: listener.security_protocol,
            })
            .collect(),
        features: request
            .features
            .iter()
            .map(|feature| kraft::BrokerFeature {
                name: feature.name.clone(),
                min_supported_version: feature.min_supported_version,
                max_supported_version: feature.max_supported_version,
            })
            .collect(),
        rack: request.rack.clone(),
        log_dirs: request.log_dirs.clone(),
        ..kraft::RegisterBrokerRecord::default()
    }
}
