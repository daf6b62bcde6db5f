//! AlterConfigs: replaces everything that is set on a resource. Superseded by
//! IncrementalAlterConfigs, still spoken by older tools.

use std::collections::BTreeMap;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse,
};
use highwater_protocol::messages::metadata_records::ConfigRecord;
use highwater_protocol::messages::{AlterConfigsRequest, AlterConfigsResponse};
use highwater_types::NodeId;

use super::broker_config_check::check_broker_configs;
use super::{ApiError, ControllerState, Decision};
use crate::MetadataRecord;
use crate::config::{Overrides, validate_topic_overrides};
use crate::image::{ConfigResource, ConfigResourceType};

/// What came of altering one resource, for the response of either API.
pub(super) struct Outcome {
    pub(super) resource_type: i8,
    pub(super) resource_name: String,
    pub(super) error_code: i16,
    pub(super) error_message: Option<String>,
}

/// What came of altering several resources.
pub(super) struct Altered {
    pub(super) records: Vec<MetadataRecord>,
    outcomes: Vec<Outcome>,
}

/// A resource's type and name.
type ResourceKey<'a> = (i8, &'a str);

/// Alters resources, each on its own; one that is named twice is refused both times.
pub(super) fn alter_each<'a, R>(
    resources: impl Iterator<Item = (ResourceKey<'a>, R)> + Clone,
    alter: impl Fn(R) -> Result<Vec<MetadataRecord>, ApiError>,
) -> Altered {
    let mut counts: BTreeMap<ResourceKey<'a>, usize> = BTreeMap::new();
    for (key, _) in resources.clone() {
        *counts.entry(key).or_default() += 1;
    }
    let mut altered = Altered {
        records: Vec::new(),
        outcomes: Vec::new(),
    };
    for (key, resource) in resources {
        let result = if counts.get(&key).is_some_and(|count| *count > 1) {
            let message = "Duplicate resource.";
            Err(ApiError::new(ErrorCode::InvalidRequest, message))
        } else {
            alter(resource)
        };
        let (error_code, error_message) = match result {
            Ok(records) => {
                altered.records.extend(records);
                (ErrorCode::None.code(), None)
            }
            Err(error) => (error.code.code(), error.message),
        };
        altered.outcomes.push(Outcome {
            resource_type: key.0,
            resource_name: key.1.to_owned(),
            error_code,
            error_message,
        });
    }
    altered
}

impl Altered {
    /// The decision with its response; it changes nothing if the request only asks.
    pub(super) fn decision<R>(
        self,
        validate_only: bool,
        respond: impl FnOnce(Vec<Outcome>) -> R,
    ) -> Decision<R> {
        Decision {
            records: match validate_only {
                true => Vec::new(),
                false => self.records,
            },
            response: respond(self.outcomes),
        }
    }
}

impl ControllerState {
    /// Replaces the configs of resources, each on its own.
    #[must_use]
    pub fn decide_alter_configs(
        &self,
        request: &AlterConfigsRequest,
    ) -> Decision<AlterConfigsResponse> {
        let resources = request.resources.iter().map(|resource| {
            let key = (resource.resource_type, resource.resource_name.as_str());
            (key, resource)
        });
        let mut altered = alter_each(resources, |wanted| self.replace_configs(wanted));
        altered.records.extend(self.follow_rules(&altered.records));
        let response = |outcome: Outcome| AlterConfigsResourceResponse {
            resource_type: outcome.resource_type,
            resource_name: outcome.resource_name,
            error_code: outcome.error_code,
            error_message: outcome.error_message,
        };
        altered.decision(request.validate_only, |outcomes| AlterConfigsResponse {
            responses: outcomes.into_iter().map(response).collect(),
            ..AlterConfigsResponse::default()
        })
    }

    fn replace_configs(
        &self,
        wanted: &AlterConfigsResource,
    ) -> Result<Vec<MetadataRecord>, ApiError> {
        let resource = self.config_resource(wanted.resource_type, &wanted.resource_name)?;
        let mut after = Overrides::new();
        for config in &wanted.configs {
            let value = config
                .value
                .clone()
                .ok_or_else(|| null_value(&config.name))?;
            after.insert(config.name.clone(), value);
        }
        let forced = wanted.configs.iter().map(|config| config.name.as_str());
        self.config_changes(&resource, &after, forced)
    }

    /// The resource whose configs are asked for, if it can have any and is there.
    pub(super) fn config_resource(
        &self,
        resource_type: i8,
        name: &str,
    ) -> Result<ConfigResource, ApiError> {
        let invalid = |message: &str| Err(ApiError::new(ErrorCode::InvalidRequest, message));
        let resource_type = match ConfigResourceType::from_code(resource_type) {
            Some(known @ (ConfigResourceType::Topic | ConfigResourceType::Broker)) => known,
            Some(other) => {
                return invalid(&format!(
                    "Configs of {} can not be altered yet.",
                    other.name()
                ));
            }
            None => {
                let message = format!("Unknown resource type {resource_type}.");
                return Err(ApiError::new(ErrorCode::UnsupportedVersion, message));
            }
        };
        match resource_type {
            ConfigResourceType::Topic if name.is_empty() => {
                return invalid("Default topic resources are not allowed.");
            }
            ConfigResourceType::Topic if self.image.topics().get(name).is_none() => {
                let message = format!("The topic '{name}' does not exist.");
                return Err(ApiError::new(ErrorCode::UnknownTopicOrPartition, message));
            }
            ConfigResourceType::Broker if !name.is_empty() => match name.parse::<i32>() {
                Err(_) => return invalid("Unable to parse broker name as a base 10 number."),
                Ok(id) if id < 0 => return invalid("Invalid negative broker ID."),
                Ok(id) if self.image.cluster().broker(NodeId(id)).is_none() => {
                    let message = format!("No broker with id {id} found.");
                    return Err(ApiError::new(ErrorCode::BrokerIdNotRegistered, message));
                }
                Ok(_) => {}
            },
            _ => {}
        }
        Ok(ConfigResource {
            resource_type,
            name: name.to_owned(),
        })
    }

    /// The records that turn a resource's configs into `after`, if they are valid.
    /// A broker reads its files again when a record names a config, so for brokers
    /// those in `forced` get one even if their value stays.
    pub(super) fn config_changes<'a>(
        &self,
        resource: &ConfigResource,
        after: &Overrides,
        forced: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<MetadataRecord>, ApiError> {
        let before = self
            .image
            .configs()
            .get(resource)
            .cloned()
            .unwrap_or_default();
        match resource.resource_type {
            ConfigResourceType::Topic => {
                let defaults = self.dynamic_defaults();
                validate_topic_overrides(after, self.broker_layers(&defaults))?;
            }
            _ => {
                check_broker_configs(&before, after, !resource.name.is_empty())?;
                self.check_min_isr_config(resource, &before, after)?;
            }
        }
        let mut changes: BTreeMap<&str, Option<&String>> = BTreeMap::new();
        for (name, value) in after {
            if before.get(name) != Some(value) {
                changes.insert(name, Some(value));
            }
        }
        for name in before.keys().filter(|name| !after.contains_key(*name)) {
            changes.insert(name, None);
        }
        if resource.resource_type == ConfigResourceType::Broker {
            for name in forced {
                changes.entry(name).or_insert_with(|| after.get(name));
            }
        }
        let record = |(name, value): (&str, Option<&String>)| {
            ConfigRecord {
                resource_type: resource.resource_type.code(),
                resource_name: resource.name.clone(),
                name: name.to_owned(),
                value: value.cloned(),
            }
            .into()
        };
        Ok(changes.into_iter().map(record).collect())
    }
}

pub(super) fn null_value(name: &str) -> ApiError {
    let message = format!("Null value not supported for : {name}");
    ApiError::new(ErrorCode::InvalidRequest, message)
}
