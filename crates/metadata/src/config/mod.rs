//! What can be configured: names, types, limits and defaults of all topic and
//! broker configs, and which value is in effect.
//!
//! Entry points: [`topic_config`] and [`broker_config`] find a definition,
//! [`ConfigDef::parse`] reads a value, [`TopicConfig::resolve`] combines what is set
//! on a topic with what its broker sets, [`describe_topic`] and [`describe_broker`]
//! make the lists of DescribeConfigs.
//!
//! *Architecture invariant:* a name, a type, a limit or a default of a config is
//! written in `table` and nowhere else.

mod closest;
mod definition;
mod describe;
mod error;
mod layers;
mod synonyms;
mod table;
mod topic;
mod validator;
mod value;

pub use closest::closest_name;
pub use definition::{ConfigDef, ConfigType, DefaultValue, Importance, UpdateMode, Visibility};
pub use describe::{ConfigEntry, describe_all_brokers, describe_broker, describe_topic};
pub use error::ConfigError;
pub use layers::{BrokerLayers, ConfigSource, Overrides, SourcedValue};
pub use synonyms::{Synonym, synonyms_of_topic_config};
pub use table::{
    broker_config, broker_config_of_listener, broker_configs, topic_config, topic_configs,
};
pub use topic::{
    CompressionType, TopicConfig, known_topic_config, topic_value, validate_topic_overrides,
};
pub use validator::{Empty, Validator};
pub use value::ConfigValue;
