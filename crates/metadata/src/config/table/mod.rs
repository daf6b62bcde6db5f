//! The tables of all configs, one file per area.
//!
//! A row reads `"name": Type = default, validator, importance update-mode
//! visibility "what it is for";`. Names, types, defaults and limits are Kafka
//! 4.3's; rows that Kafka does not have, and other defaults, say so.

mod broker_groups;
mod broker_log;
mod broker_network;
mod broker_quorum;
mod broker_replication;
mod broker_sasl;
mod broker_tiered;
mod broker_tls_and_access;
mod broker_transactions;
mod topic;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::definition::ConfigDef;

/// Declares one area's rows as `DEFINITIONS`.
macro_rules! definitions {
    ($($name:literal: $kind:ident = $default:expr, $validator:expr,
       $importance:ident $update_mode:ident $visibility:ident $doc:literal;)*) => {
        pub(super) static DEFINITIONS: &[$crate::config::definition::ConfigDef] = &[$(
            $crate::config::definition::ConfigDef {
                name: $name,
                kind: $crate::config::definition::ConfigType::$kind,
                default: $default,
                validator: $validator,
                importance: $crate::config::definition::Importance::$importance,
                update_mode: $crate::config::definition::UpdateMode::$update_mode,
                visibility: $crate::config::definition::Visibility::$visibility,
                doc: $doc,
            }
        ),*];
    };
}

use definitions;

type Index = BTreeMap<&'static str, &'static ConfigDef>;

static TOPIC: LazyLock<Index> = LazyLock::new(|| index(&[topic::DEFINITIONS]));

static BROKER: LazyLock<Index> = LazyLock::new(|| {
    index(&[
        broker_groups::DEFINITIONS,
        broker_log::DEFINITIONS,
        broker_network::DEFINITIONS,
        broker_quorum::DEFINITIONS,
        broker_replication::DEFINITIONS,
        broker_sasl::DEFINITIONS,
        broker_tiered::DEFINITIONS,
        broker_tls_and_access::DEFINITIONS,
        broker_transactions::DEFINITIONS,
    ])
});

fn index(areas: &[&'static [ConfigDef]]) -> Index {
    areas
        .iter()
        .copied()
        .flatten()
        .map(|def| (def.name, def))
        .collect()
}

/// The definition of a topic config, internal ones included.
#[must_use]
pub fn topic_config(name: &str) -> Option<&'static ConfigDef> {
    TOPIC.get(name).copied()
}

/// The definition of a broker config, internal ones included. Takes plain names
/// only; see [`broker_config_of_listener`] for `listener.name.…`.
#[must_use]
pub fn broker_config(name: &str) -> Option<&'static ConfigDef> {
    BROKER.get(name).copied()
}

/// The definition behind `listener.name.<listener>.[<mechanism>.]<config>`, if
/// `name` has that form and ends in a broker config that Kafka lets a listener have.
#[must_use]
pub fn broker_config_of_listener(name: &str) -> Option<&'static ConfigDef> {
    let (_listener, rest) = name.strip_prefix("listener.name.")?.split_once('.')?;
    broker_config(rest).or_else(|| broker_config(rest.split_once('.')?.1))
}

/// All topic configs by name, internal ones included.
pub fn topic_configs() -> impl Iterator<Item = &'static ConfigDef> {
    TOPIC.values().copied()
}

/// All broker configs by name, internal ones included.
pub fn broker_configs() -> impl Iterator<Item = &'static ConfigDef> {
    BROKER.values().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::definition::{DefaultValue, Visibility};

    #[test]
    fn every_default_is_a_valid_value() {
        for def in topic_configs().chain(broker_configs()) {
            if let DefaultValue::Is(text) = def.default {
                let parsed = def.parse(text).map_err(|error| error.to_string());
                assert_eq!(
                    parsed.map(|value| value.to_string()),
                    Ok(text.to_owned()),
                    "{}",
                    def.name
                );
            }
        }
    }

    #[test]
    fn no_name_is_defined_twice() {
        let rows = [
            broker_groups::DEFINITIONS,
            broker_log::DEFINITIONS,
            broker_network::DEFINITIONS,
            broker_quorum::DEFINITIONS,
            broker_replication::DEFINITIONS,
            broker_sasl::DEFINITIONS,
            broker_tiered::DEFINITIONS,
            broker_tls_and_access::DEFINITIONS,
            broker_transactions::DEFINITIONS,
        ]
        .iter()
        .map(|area| area.len())
        .sum::<usize>();
        assert_eq!(BROKER.len(), rows);
        assert_eq!(TOPIC.len(), topic::DEFINITIONS.len());
    }

    #[test]
    fn the_topic_table_has_kafkas_public_names_and_one_of_ours() {
        let public = topic_configs()
            .filter(|def| def.visibility == Visibility::Public)
            .count();
        assert_eq!(public, 33 + 1);
    }

    #[test]
    fn a_listeners_own_config_is_found_with_and_without_a_mechanism() {
        let found = |name| broker_config_of_listener(name).map(|def| def.name);
        assert_eq!(
            found("listener.name.internal.ssl.keystore.location"),
            Some("ssl.keystore.location")
        );
        assert_eq!(
            found("listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config"),
            Some("sasl.jaas.config")
        );
        assert_eq!(found("listener.name.internal.no.such.config"), None);
        assert_eq!(found("ssl.keystore.location"), None);
    }
}
