//! IncrementalAlterConfigs: changes single configs of a resource. KIP-339.

use std::collections::BTreeSet;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, AlterableConfig,
};
use highwater_protocol::messages::{
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
};

use super::alter_configs::{Outcome, alter_each, null_value};
use super::{ApiError, ControllerState, Decision};
use crate::MetadataRecord;
use crate::config::{ConfigType, Overrides, broker_config, topic_config, topic_value};
use crate::image::{ConfigResource, ConfigResourceType};

/// What to do with one config, with Kafka's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Set,
    Delete,
    /// Adds items to a list.
    Append,
    /// Takes items out of a list.
    Subtract,
}

impl ControllerState {
    /// Changes the configs of resources, each on its own.
    #[must_use]
    pub fn decide_incremental_alter_configs(
        &self,
        request: &IncrementalAlterConfigsRequest,
    ) -> Decision<IncrementalAlterConfigsResponse> {
        let resources = request.resources.iter().map(|resource| {
            let key = (resource.resource_type, resource.resource_name.as_str());
            (key, resource)
        });
        let mut altered = alter_each(resources, |wanted| self.change_configs(wanted));
        altered.records.extend(self.follow_rules(&altered.records));
        let response = |outcome: Outcome| AlterConfigsResourceResponse {
            resource_type: outcome.resource_type,
            resource_name: outcome.resource_name,
            error_code: outcome.error_code,
            error_message: outcome.error_message,
        };
        altered.decision(request.validate_only, |outcomes| {
            IncrementalAlterConfigsResponse {
                responses: outcomes.into_iter().map(response).collect(),
                ..IncrementalAlterConfigsResponse::default()
            }
        })
    }

    fn change_configs(
        &self,
        wanted: &AlterConfigsResource,
    ) -> Result<Vec<MetadataRecord>, ApiError> {
        let resource = self.config_resource(wanted.resource_type, &wanted.resource_name)?;
        let mut names = BTreeSet::new();
        let mut after = self
            .image
            .configs()
            .get(&resource)
            .map(|configs| (**configs).clone())
            .unwrap_or_default();
        for config in &wanted.configs {
            if !names.insert(config.name.as_str()) {
                let message = "Error due to duplicate config keys";
                return Err(ApiError::new(ErrorCode::InvalidRequest, message));
            }
            self.apply_operation(&resource, config, &mut after)?;
        }
        self.config_changes(&resource, &after, names.into_iter())
    }

    fn apply_operation(
        &self,
        resource: &ConfigResource,
        config: &AlterableConfig,
        after: &mut Overrides,
    ) -> Result<(), ApiError> {
        let operation = Operation::from_code(config.config_operation).ok_or_else(|| {
            let message = format!("Unknown config operation {}.", config.config_operation);
            ApiError::new(ErrorCode::InvalidRequest, message)
        })?;
        let name = &config.name;
        if operation == Operation::Delete {
            after.remove(name);
            return Ok(());
        }
        let value = config.value.as_deref().ok_or_else(|| null_value(name))?;
        if operation == Operation::Set {
            after.insert(name.clone(), value.to_owned());
            return Ok(());
        }
        if !is_list(resource, name) {
            let message = format!(
                "Can't {} to key {name} because its type is not LIST.",
                operation.name()
            );
            return Err(ApiError::new(ErrorCode::InvalidConfig, message));
        }
        let before = match after.get(name) {
            Some(text) => text.clone(),
            None => self.list_in_effect(resource, name),
        };
        let mut items: Vec<&str> = before.split(',').map(str::trim).collect();
        items.retain(|item| !item.is_empty());
        for item in value
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            match items.iter().position(|other| *other == item) {
                Some(at) if operation == Operation::Subtract => {
                    items.remove(at);
                }
                None if operation == Operation::Append => items.push(item),
                _ => {}
            }
        }
        after.insert(name.clone(), items.join(","));
        Ok(())
    }

    /// A list that the resource does not set itself, as text.
    fn list_in_effect(&self, resource: &ConfigResource, name: &str) -> String {
        let nothing = Overrides::new();
        let defaults = self.dynamic_defaults();
        let layers = self.broker_layers(&defaults);
        let value = match resource.resource_type {
            ConfigResourceType::Topic => topic_value(name, &nothing, layers),
            _ => layers.value(name),
        };
        value.map(|value| value.to_string()).unwrap_or_default()
    }
}

impl Operation {
    fn from_code(code: i8) -> Option<Self> {
        match code {
            0 => Some(Self::Set),
            1 => Some(Self::Delete),
            2 => Some(Self::Append),
            3 => Some(Self::Subtract),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Set => "SET",
            Self::Delete => "DELETE",
            Self::Append => "APPEND",
            Self::Subtract => "SUBTRACT",
        }
    }
}

fn is_list(resource: &ConfigResource, name: &str) -> bool {
    let def = match resource.resource_type {
        ConfigResourceType::Topic => topic_config(name),
        _ => broker_config(name),
    };
    def.is_some_and(|def| def.kind == ConfigType::List)
}
