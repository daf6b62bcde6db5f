//! Dynamic configs.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;

/// What a dynamic config belongs to, with Kafka's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i8)]
pub enum ConfigResourceType {
    Topic = 2,
    Broker = 4,
    BrokerLogger = 8,
    ClientMetrics = 16,
    Group = 32,
}

/// One thing that has dynamic configs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigResource {
    pub resource_type: ConfigResourceType,
    /// A topic's name, a broker's id in decimal, or "" for the default of all brokers.
    pub name: String,
}

/// Dynamic configs by resource: only what was set, not what is in effect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigsImage {
    resources: OrdMap<ConfigResource, Arc<BTreeMap<String, String>>>,
}

impl ConfigResourceType {
    /// Reads Kafka's number; `None` for one that Kafka does not know.
    #[must_use]
    pub fn from_code(code: i8) -> Option<Self> {
        match code {
            2 => Some(Self::Topic),
            4 => Some(Self::Broker),
            8 => Some(Self::BrokerLogger),
            16 => Some(Self::ClientMetrics),
            32 => Some(Self::Group),
            _ => None,
        }
    }

    /// Kafka's number.
    #[must_use]
    pub fn code(self) -> i8 {
        self as i8
    }

    /// The name that Kafka uses in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Topic => "TOPIC",
            Self::Broker => "BROKER",
            Self::BrokerLogger => "BROKER_LOGGER",
            Self::ClientMetrics => "CLIENT_METRICS",
            Self::Group => "GROUP",
        }
    }
}

impl ConfigResource {
    #[must_use]
    pub fn topic(name: &str) -> Self {
        Self {
            resource_type: ConfigResourceType::Topic,
            name: name.to_owned(),
        }
    }

    #[must_use]
    pub fn broker(id: highwater_types::NodeId) -> Self {
        Self {
            resource_type: ConfigResourceType::Broker,
            name: id.to_string(),
        }
    }

    /// The defaults of all brokers.
    #[must_use]
    pub fn all_brokers() -> Self {
        Self {
            resource_type: ConfigResourceType::Broker,
            name: String::new(),
        }
    }
}

impl ConfigsImage {
    /// What was set on a resource; `None` when nothing was.
    #[must_use]
    pub fn get(&self, resource: &ConfigResource) -> Option<&Arc<BTreeMap<String, String>>> {
        self.resources.get(resource)
    }

    /// What was set on a topic; empty when nothing was.
    #[must_use]
    pub fn of_topic(&self, name: &str) -> Arc<BTreeMap<String, String>> {
        self.get(&ConfigResource::topic(name))
            .cloned()
            .unwrap_or_default()
    }

    /// One value that was set on a resource.
    #[must_use]
    pub fn value(&self, resource: &ConfigResource, name: &str) -> Option<&str> {
        self.get(resource)?.get(name).map(String::as_str)
    }

    /// All resources on which something is set, ascending by type and name.
    pub fn iter(&self) -> impl Iterator<Item = (&ConfigResource, &Arc<BTreeMap<String, String>>)> {
        self.resources.iter()
    }

    /// Sets a value, or removes it.
    pub(crate) fn set(&mut self, resource: ConfigResource, name: &str, value: Option<&str>) {
        match value {
            Some(value) => {
                let configs = self.resources.entry(resource).or_default();
                Arc::make_mut(configs).insert(name.to_owned(), value.to_owned());
            }
            None => {
                let Some(configs) = self.resources.get_mut(&resource) else {
                    return;
                };
                let configs = Arc::make_mut(configs);
                configs.remove(name);
                if configs.is_empty() {
                    self.resources.remove(&resource);
                }
            }
        }
    }

    /// Forgets everything that was set on a resource.
    pub(crate) fn remove(&mut self, resource: &ConfigResource) {
        self.resources.remove(resource);
    }

    pub(crate) fn map(&self) -> &OrdMap<ConfigResource, Arc<BTreeMap<String, String>>> {
        &self.resources
    }
}
