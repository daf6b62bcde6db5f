//! Lists of configs for DescribeConfigs.

use super::definition::{ConfigDef, ConfigType, UpdateMode, Visibility};
use super::layers::{BrokerLayers, ConfigSource, Overrides, SourcedValue, definition};
use super::synonyms::synonyms_of_topic_config;
use super::table::{broker_configs, topic_configs};
use super::topic::topic_value;

/// One config as DescribeConfigs shows it. KIP-133, KIP-226, KIP-569.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    pub name: String,
    /// In its canonical form; `None` for a secret, and for a config without a value.
    pub value: Option<String>,
    /// Whether a running cluster can not change it.
    pub read_only: bool,
    pub source: ConfigSource,
    pub sensitive: bool,
    /// Every place where it has a value, best first.
    pub synonyms: Vec<SourcedValue>,
    /// `None` where the type is not known.
    pub kind: Option<ConfigType>,
    pub doc: Option<&'static str>,
}

/// All public configs of a topic, by name.
#[must_use]
pub fn describe_topic(overrides: &Overrides, broker: BrokerLayers<'_>) -> Vec<ConfigEntry> {
    topic_configs()
        .filter(|def| def.visibility == Visibility::Public)
        .map(|def| topic_entry(def, overrides, broker))
        .collect()
}

fn topic_entry(def: &ConfigDef, overrides: &Overrides, broker: BrokerLayers<'_>) -> ConfigEntry {
    let value = topic_value(def.name, overrides, broker).map(|value| value.to_string());
    let mut places = Vec::new();
    if overrides.contains_key(def.name) {
        places.push(SourcedValue {
            name: def.name.to_owned(),
            value: value.clone(),
            source: ConfigSource::Topic,
        });
    }
    if let Some(behind) = synonyms_of_topic_config(def.name).first() {
        places.extend(broker.sources_of(behind.name));
    }
    ConfigEntry {
        name: def.name.to_owned(),
        value,
        read_only: false,
        source: source_of(&places),
        sensitive: false,
        synonyms: places,
        kind: Some(def.kind),
        doc: Some(def.doc),
    }
}

/// All public configs of a broker, by name, and everything else that is set on it.
#[must_use]
pub fn describe_broker(broker: BrokerLayers<'_>) -> Vec<ConfigEntry> {
    let known = broker_configs()
        .filter(|def| def.visibility == Visibility::Public)
        .map(|def| def.name);
    let mut names: Vec<&str> = known
        .chain(broker.dynamic.keys().map(String::as_str))
        .chain(broker.dynamic_default.keys().map(String::as_str))
        .chain(broker.fixed.keys().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| broker_entry(name, broker.sources_of(name), broker))
        .collect()
}

/// What is set for all brokers while they run, by name.
#[must_use]
pub fn describe_all_brokers(broker: BrokerLayers<'_>) -> Vec<ConfigEntry> {
    let entry = |name: &String| {
        let mut places = broker.sources_of(name);
        places.retain(|place| place.source == ConfigSource::DynamicDefaultBroker);
        let shared = BrokerLayers {
            dynamic_default: broker.dynamic_default,
            ..BrokerLayers::default()
        };
        broker_entry(name, places, shared)
    };
    broker.dynamic_default.keys().map(entry).collect()
}

fn broker_entry(name: &str, places: Vec<SourcedValue>, broker: BrokerLayers<'_>) -> ConfigEntry {
    let def = definition(name);
    // The value of a config that nobody knows could be a secret.
    let sensitive = def.is_none_or(ConfigDef::is_sensitive);
    let value = broker.value(name).map(|value| value.to_string());
    ConfigEntry {
        name: name.to_owned(),
        value: value.filter(|_| !sensitive),
        read_only: def.is_none_or(|def| def.update_mode == UpdateMode::ReadOnly),
        source: source_of(&places),
        sensitive,
        synonyms: places,
        kind: def.map(|def| def.kind),
        doc: def.map(|def| def.doc),
    }
}

fn source_of(places: &[SourcedValue]) -> ConfigSource {
    places
        .first()
        .map_or(ConfigSource::Default, |place| place.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, &str)]) -> Overrides {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn find(entries: Vec<ConfigEntry>, name: &str) -> Option<ConfigEntry> {
        entries.into_iter().find(|entry| entry.name == name)
    }

    #[test]
    fn a_topics_value_shows_all_its_sources() {
        let fixed = set(&[("log.retention.ms", "7")]);
        let own = set(&[("retention.ms", "5")]);
        let entries = describe_topic(&own, BrokerLayers::of_fixed(&fixed));
        let shown = find(entries, "retention.ms").map(|entry| {
            let places: Vec<_> = entry
                .synonyms
                .into_iter()
                .map(|place| (place.name, place.value.unwrap_or_default(), place.source))
                .collect();
            (entry.value, entry.source, places)
        });
        let expected = (
            Some("5".to_owned()),
            ConfigSource::Topic,
            vec![
                (
                    "retention.ms".to_owned(),
                    "5".to_owned(),
                    ConfigSource::Topic,
                ),
                (
                    "log.retention.ms".to_owned(),
                    "7".to_owned(),
                    ConfigSource::StaticBroker,
                ),
                (
                    "log.retention.hours".to_owned(),
                    "168".to_owned(),
                    ConfigSource::Default,
                ),
            ],
        );
        assert_eq!(shown, Some(expected));
    }

    #[test]
    fn a_relatives_value_is_not_a_configs_own() {
        let dynamic = set(&[("log.retention.ms", "5")]);
        let layers = BrokerLayers {
            dynamic: &dynamic,
            ..BrokerLayers::default()
        };
        let source = |name| find(describe_broker(layers), name).map(|entry| entry.source);
        assert_eq!(
            source("log.retention.ms"),
            Some(ConfigSource::DynamicBroker)
        );
        assert_eq!(source("log.retention.hours"), Some(ConfigSource::Default));
        assert_eq!(source("log.retention.minutes"), Some(ConfigSource::Default));
    }

    #[test]
    fn an_unset_topic_config_shows_the_default_in_its_own_unit() {
        let entries = describe_topic(&Overrides::new(), BrokerLayers::default());
        let shown = find(entries, "retention.ms").map(|entry| (entry.value, entry.source));
        assert_eq!(
            shown,
            Some((Some("604800000".to_owned()), ConfigSource::Default))
        );
    }

    #[test]
    fn a_brokers_secrets_are_hidden_and_its_modes_told() {
        let fixed = set(&[("ssl.key.password", "pw"), ("no.such.config", "x")]);
        let entries = describe_broker(BrokerLayers::of_fixed(&fixed));
        let shown = |name| {
            find(entries.clone(), name)
                .map(|entry| (entry.value, entry.sensitive, entry.read_only, entry.source))
        };
        let hidden = (None, true, false, ConfigSource::StaticBroker);
        assert_eq!(shown("ssl.key.password"), Some(hidden));
        let unknown = (None, true, true, ConfigSource::StaticBroker);
        assert_eq!(shown("no.such.config"), Some(unknown));
        let threads = (Some("8".to_owned()), false, false, ConfigSource::Default);
        assert_eq!(shown("num.io.threads"), Some(threads));
    }
}
