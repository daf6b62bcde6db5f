//! What is set on a broker, and where.

use std::collections::BTreeMap;

use super::definition::ConfigDef;
use super::synonyms::{Synonym, family_of_broker_config};
use super::table::{broker_config, broker_config_of_listener};
use super::value::ConfigValue;

/// Names and values as they were set.
pub type Overrides = BTreeMap<String, String>;

/// Where a value comes from, with DescribeConfigs' numbers. KIP-226.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i8)]
pub enum ConfigSource {
    /// Set on the topic.
    Topic = 1,
    /// Set on this broker while it ran.
    DynamicBroker = 2,
    /// Set for all brokers while they ran.
    DynamicDefaultBroker = 3,
    /// From the properties file, the environment or the command line.
    StaticBroker = 4,
    /// Set nowhere.
    Default = 5,
}

/// One place where a config has a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcedValue {
    pub name: String,
    /// `None` for a secret.
    pub value: Option<String>,
    pub source: ConfigSource,
}

/// What is set on one broker; a broker's own value goes before all brokers' value,
/// and that before the properties file.
#[derive(Clone, Copy, Debug)]
pub struct BrokerLayers<'a> {
    /// Dynamic configs of this broker.
    pub dynamic: &'a Overrides,
    /// Dynamic configs of all brokers.
    pub dynamic_default: &'a Overrides,
    /// What the node was started with.
    pub fixed: &'a Overrides,
}

static NOTHING: Overrides = Overrides::new();

impl Default for BrokerLayers<'_> {
    /// Nothing is set.
    fn default() -> Self {
        Self {
            dynamic: &NOTHING,
            dynamic_default: &NOTHING,
            fixed: &NOTHING,
        }
    }
}

impl<'a> BrokerLayers<'a> {
    /// Only what the node was started with.
    #[must_use]
    pub fn of_fixed(fixed: &'a Overrides) -> Self {
        Self {
            fixed,
            ..Self::default()
        }
    }

    /// The text set under exactly this name, from the best layer.
    fn set(&self, name: &str) -> Option<&'a str> {
        self.layers()
            .into_iter()
            .find_map(|(layer, _)| layer.get(name))
            .map(String::as_str)
    }

    fn layers(&self) -> [(&'a Overrides, ConfigSource); 3] {
        [
            (self.dynamic, ConfigSource::DynamicBroker),
            (self.dynamic_default, ConfigSource::DynamicDefaultBroker),
            (self.fixed, ConfigSource::StaticBroker),
        ]
    }

    /// The value of a broker config: what is set, or else its default. Values that
    /// do not parse count as not set, since they are refused where they are set.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<ConfigValue> {
        let def = definition(name)?;
        let set = self.set(name).and_then(|text| def.parse(text).ok());
        set.or_else(|| def.default_value())
    }

    /// The value of the first of `synonyms` that has one, in the asker's unit.
    pub(super) fn first_value(&self, synonyms: &[Synonym]) -> Option<ConfigValue> {
        let set = synonyms.iter().find_map(|synonym| {
            let def = definition(synonym.name)?;
            let value = def.parse(self.set(synonym.name)?).ok()?;
            Some(scaled(value, synonym.factor))
        });
        set.or_else(|| {
            synonyms.iter().find_map(|synonym| {
                let default = definition(synonym.name)?.default_value()?;
                Some(scaled(default, synonym.factor))
            })
        })
    }

    /// Every place where one of `names` has a value, best first.
    pub(super) fn sources<'n>(
        &self,
        names: impl Iterator<Item = &'n str> + Clone,
    ) -> Vec<SourcedValue> {
        let mut found = Vec::new();
        for (layer, source) in self.layers() {
            for name in names.clone() {
                if let Some(text) = layer.get(name) {
                    found.push(sourced(name, text, source));
                }
            }
        }
        for name in names {
            if let Some(default) = definition(name).and_then(ConfigDef::default_value) {
                found.push(sourced(name, &default.to_string(), ConfigSource::Default));
            }
        }
        found
    }

    /// Every place where a broker config has a value, best first. Its other names
    /// follow after the first place that has it under its own: this is how Kafka's
    /// tools tell what is set on a config from what is set on its relatives.
    #[must_use]
    pub fn sources_of(&self, name: &str) -> Vec<SourcedValue> {
        let mut places = match family_of_broker_config(name) {
            Some(family) => self.sources(family.iter().map(|synonym| synonym.name)),
            None => self.sources(std::iter::once(name)),
        };
        let own = places.iter().position(|place| place.name == name);
        places.split_off(own.unwrap_or(places.len()))
    }
}

/// A broker config by its plain name or a listener's.
pub(super) fn definition(name: &str) -> Option<&'static ConfigDef> {
    broker_config(name).or_else(|| broker_config_of_listener(name))
}

fn sourced(name: &str, text: &str, source: ConfigSource) -> SourcedValue {
    // What is not known could be a secret.
    let hidden = definition(name).is_none_or(ConfigDef::is_sensitive);
    SourcedValue {
        name: name.to_owned(),
        value: (!hidden).then(|| text.to_owned()),
        source,
    }
}

/// Hours and minutes become milliseconds; negative values mean "no limit" in every unit.
fn scaled(value: ConfigValue, factor: i64) -> ConfigValue {
    if factor == 1 {
        return value;
    }
    match value.as_i64() {
        Some(number) if number < 0 => ConfigValue::Long(-1),
        Some(number) => ConfigValue::Long(number.saturating_mul(factor)),
        None => value,
    }
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

    #[test]
    fn the_best_layer_wins() {
        let dynamic = set(&[("num.io.threads", "3")]);
        let dynamic_default = set(&[("num.io.threads", "4"), ("background.threads", "5")]);
        let fixed = set(&[("background.threads", "6"), ("num.partitions", "7")]);
        let layers = BrokerLayers {
            dynamic: &dynamic,
            dynamic_default: &dynamic_default,
            fixed: &fixed,
        };
        let value = |name| layers.value(name).map(|value| value.to_string());
        assert_eq!(value("num.io.threads").as_deref(), Some("3"));
        assert_eq!(value("background.threads").as_deref(), Some("5"));
        assert_eq!(value("num.partitions").as_deref(), Some("7"));
        assert_eq!(value("num.network.threads").as_deref(), Some("3"));
        assert_eq!(value("log.retention.ms"), None);
        let sources: Vec<_> = layers
            .sources_of("num.io.threads")
            .into_iter()
            .map(|found| (found.value, found.source))
            .collect();
        assert_eq!(
            sources,
            [
                (Some("3".to_owned()), ConfigSource::DynamicBroker),
                (Some("4".to_owned()), ConfigSource::DynamicDefaultBroker),
                (Some("8".to_owned()), ConfigSource::Default),
            ]
        );
    }

    #[test]
    fn secrets_and_unknown_names_are_not_shown() {
        let fixed = set(&[("ssl.key.password", "pw"), ("my.plugin.token", "t")]);
        let layers = BrokerLayers::of_fixed(&fixed);
        for name in ["ssl.key.password", "my.plugin.token"] {
            let shown: Vec<_> = layers
                .sources_of(name)
                .into_iter()
                .map(|s| s.value)
                .collect();
            assert_eq!(shown, [None], "{name}");
        }
    }
}
