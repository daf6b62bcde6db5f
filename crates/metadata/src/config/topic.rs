//! The configuration of a topic in effect.

use super::closest::closest_name;
use super::definition::ConfigDef;
use super::error::ConfigError;
use super::layers::{BrokerLayers, Overrides};
use super::synonyms::synonyms_of_topic_config;
use super::table::{topic_config, topic_configs};
use super::value::ConfigValue;

/// Every topic config with its value in effect. Sizes in bytes, times in
/// milliseconds; -1 means "no limit" for retention.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicConfig {
    pub cleanup_delete: bool,
    pub cleanup_compact: bool,
    pub compression: CompressionType,
    pub delete_retention_ms: i64,
    pub file_delete_delay_ms: i64,
    pub flush_messages: i64,
    pub flush_ms: i64,
    pub index_interval_bytes: i32,
    pub local_retention_bytes: i64,
    pub local_retention_ms: i64,
    pub max_compaction_lag_ms: i64,
    pub max_message_bytes: i32,
    pub log_append_time: bool,
    pub message_timestamp_after_max_ms: i64,
    pub message_timestamp_before_max_ms: i64,
    pub min_cleanable_dirty_ratio: f64,
    pub min_compaction_lag_ms: i64,
    pub min_insync_replicas: i32,
    pub preallocate: bool,
    pub remote_storage_enable: bool,
    pub retention_bytes: i64,
    pub retention_ms: i64,
    pub segment_bytes: i32,
    pub segment_index_bytes: i32,
    pub segment_jitter_ms: i64,
    pub segment_ms: i64,
    pub unclean_leader_election_enable: bool,
    pub write_caching: bool,
}

/// `compression.type` with the level that goes with it. KIP-390.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompressionType {
    /// As the producer sent it.
    Producer,
    Uncompressed,
    Gzip {
        level: i32,
    },
    Snappy,
    Lz4 {
        level: i32,
    },
    Zstd {
        level: i32,
    },
}

/// Checks what is to be set on a topic: names, values, and values that must fit
/// each other, given what the brokers set.
///
/// # Errors
/// For the first config that can not be as asked.
pub fn validate_topic_overrides(
    overrides: &Overrides,
    broker: BrokerLayers<'_>,
) -> Result<(), ConfigError> {
    for (name, value) in overrides {
        known_topic_config(name)?.parse(value)?;
    }
    let config = TopicConfig::resolve(overrides, broker);
    if config.min_compaction_lag_ms > config.max_compaction_lag_ms {
        return Err(ConfigError::Conflict(format!(
            "min.compaction.lag.ms ({}) is larger than max.compaction.lag.ms ({})",
            config.min_compaction_lag_ms, config.max_compaction_lag_ms
        )));
    }
    if config.remote_storage_enable {
        return Err(ConfigError::Conflict(
            "remote.storage.enable can not be set: this cluster has no tiered storage".to_owned(),
        ));
    }
    Ok(())
}

/// The definition of a topic config that exists.
///
/// # Errors
/// Names the closest one when there is none of this name.
pub fn known_topic_config(name: &str) -> Result<&'static ConfigDef, ConfigError> {
    topic_config(name).ok_or_else(|| ConfigError::UnknownName {
        name: name.to_owned(),
        closest: closest_name(name, topic_configs().map(|def| def.name)),
    })
}

/// One topic config's value in effect: set on the topic, or by the broker under
/// another name, or the default. `None` for unknown names and those without a value.
#[must_use]
pub fn topic_value(
    name: &str,
    overrides: &Overrides,
    broker: BrokerLayers<'_>,
) -> Option<ConfigValue> {
    let def = topic_config(name)?;
    let own = overrides.get(name).and_then(|text| def.parse(text).ok());
    own.or_else(|| broker.first_value(synonyms_of_topic_config(name)))
        .or_else(|| def.default_value())
}

impl TopicConfig {
    /// Combines what is set on the topic with what the broker sets and the defaults.
    #[must_use]
    pub fn resolve(overrides: &Overrides, broker: BrokerLayers<'_>) -> Self {
        let values = Values { overrides, broker };
        Self {
            cleanup_delete: values.list_has("cleanup.policy", "delete"),
            cleanup_compact: values.list_has("cleanup.policy", "compact"),
            compression: values.compression(),
            delete_retention_ms: values.long("delete.retention.ms"),
            file_delete_delay_ms: values.long("file.delete.delay.ms"),
            flush_messages: values.long("flush.messages"),
            flush_ms: values.long("flush.ms"),
            index_interval_bytes: values.int("index.interval.bytes"),
            local_retention_bytes: values.long("local.retention.bytes"),
            local_retention_ms: values.long("local.retention.ms"),
            max_compaction_lag_ms: values.long("max.compaction.lag.ms"),
            max_message_bytes: values.int("max.message.bytes"),
            log_append_time: values.text("message.timestamp.type") == "LogAppendTime",
            message_timestamp_after_max_ms: values.long("message.timestamp.after.max.ms"),
            message_timestamp_before_max_ms: values.long("message.timestamp.before.max.ms"),
            min_cleanable_dirty_ratio: values.double("min.cleanable.dirty.ratio"),
            min_compaction_lag_ms: values.long("min.compaction.lag.ms"),
            min_insync_replicas: values.int("min.insync.replicas"),
            preallocate: values.boolean("preallocate"),
            remote_storage_enable: values.boolean("remote.storage.enable"),
            retention_bytes: values.long("retention.bytes"),
            retention_ms: values.long("retention.ms"),
            segment_bytes: values.segment_bytes(),
            segment_index_bytes: values.int("segment.index.bytes"),
            segment_jitter_ms: values.long("segment.jitter.ms"),
            segment_ms: values.long("segment.ms"),
            unclean_leader_election_enable: values.boolean("unclean.leader.election.enable"),
            write_caching: values.boolean("write.caching"),
        }
    }
}

impl Default for TopicConfig {
    /// With nothing set anywhere.
    fn default() -> Self {
        Self::resolve(&Overrides::new(), BrokerLayers::default())
    }
}

/// Values in effect, by name and type. The table guarantees that every name read
/// here has a default of that type (a test resolves the defaults).
struct Values<'a> {
    overrides: &'a Overrides,
    broker: BrokerLayers<'a>,
}

impl Values<'_> {
    fn get(&self, name: &str) -> Option<ConfigValue> {
        topic_value(name, self.overrides, self.broker)
    }

    fn long(&self, name: &str) -> i64 {
        self.get(name)
            .and_then(|value| value.as_i64())
            .unwrap_or_default()
    }

    fn int(&self, name: &str) -> i32 {
        i32::try_from(self.long(name)).unwrap_or(i32::MAX)
    }

    fn boolean(&self, name: &str) -> bool {
        self.get(name)
            .and_then(|value| value.as_bool())
            .unwrap_or_default()
    }

    fn double(&self, name: &str) -> f64 {
        self.get(name)
            .and_then(|value| value.as_f64())
            .unwrap_or_default()
    }

    fn text(&self, name: &str) -> String {
        self.get(name)
            .map(|value| value.to_string())
            .unwrap_or_default()
    }

    fn list_has(&self, name: &str, item: &str) -> bool {
        self.get(name)
            .and_then(|value| Some(value.as_list()?.iter().any(|each| each == item)))
            .unwrap_or_default()
    }

    /// `internal.segment.bytes` goes first and has no lower limit, for tests.
    fn segment_bytes(&self) -> i32 {
        let internal = self.get("internal.segment.bytes");
        let internal = internal.and_then(|value| i32::try_from(value.as_i64()?).ok());
        internal.unwrap_or_else(|| self.int("segment.bytes"))
    }

    fn compression(&self) -> CompressionType {
        match self.text("compression.type").as_str() {
            "uncompressed" => CompressionType::Uncompressed,
            "gzip" => CompressionType::Gzip {
                level: self.int("compression.gzip.level"),
            },
            "snappy" => CompressionType::Snappy,
            "lz4" => CompressionType::Lz4 {
                level: self.int("compression.lz4.level"),
            },
            "zstd" => CompressionType::Zstd {
                level: self.int("compression.zstd.level"),
            },
            _ => CompressionType::Producer,
        }
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

    const HOUR_MS: i64 = 3_600_000;

    #[test]
    fn nothing_set_gives_kafkas_defaults() {
        let config = TopicConfig::default();
        assert_eq!(config.retention_ms, 168 * HOUR_MS);
        assert_eq!(config.segment_ms, 168 * HOUR_MS);
        assert_eq!(config.segment_bytes, 1 << 30);
        assert_eq!(config.segment_index_bytes, 10 << 20);
        assert_eq!(config.max_message_bytes, (1 << 20) + 12);
        assert_eq!(config.flush_messages, i64::MAX);
        assert_eq!(config.flush_ms, i64::MAX);
        assert_eq!(config.max_compaction_lag_ms, i64::MAX);
        assert_eq!(config.min_insync_replicas, 1);
        assert_eq!(config.compression, CompressionType::Producer);
        assert!(config.cleanup_delete && !config.cleanup_compact);
        assert!(!config.write_caching);
        assert!((config.min_cleanable_dirty_ratio - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn a_brokers_smaller_unit_goes_before_the_larger() {
        let retention = |pairs: &[(&str, &str)]| {
            let fixed = set(pairs);
            TopicConfig::resolve(&Overrides::new(), BrokerLayers::of_fixed(&fixed)).retention_ms
        };
        let hours = ("log.retention.hours", "2");
        let minutes = ("log.retention.minutes", "3");
        let millis = ("log.retention.ms", "4");
        assert_eq!(retention(&[hours]), 2 * HOUR_MS);
        assert_eq!(retention(&[hours, minutes]), 180_000);
        assert_eq!(retention(&[hours, minutes, millis]), 4);
        assert_eq!(retention(&[("log.retention.hours", "-1")]), -1);
    }

    #[test]
    fn the_topics_own_value_goes_first() {
        let fixed = set(&[
            ("message.max.bytes", "10"),
            ("log.cleanup.policy", "compact"),
        ]);
        let own = set(&[("max.message.bytes", "20"), ("compression.type", "zstd")]);
        let config = TopicConfig::resolve(&own, BrokerLayers::of_fixed(&fixed));
        assert_eq!(config.max_message_bytes, 20);
        assert!(config.cleanup_compact && !config.cleanup_delete);
        assert_eq!(config.compression, CompressionType::Zstd { level: 3 });
    }

    #[test]
    fn names_values_and_their_fit_are_checked() {
        let refused = |pairs: &[(&str, &str)]| {
            validate_topic_overrides(&set(pairs), BrokerLayers::default())
                .map_err(|error| error.to_string())
        };
        assert_eq!(refused(&[("retention.ms", "5")]), Ok(()));
        assert_eq!(
            refused(&[("retention.mss", "5")]),
            Err("Unknown config name: retention.mss (did you mean retention.ms?)".to_owned())
        );
        assert_eq!(
            refused(&[("cleanup.policy", "keep")]),
            Err("Invalid value keep for configuration cleanup.policy: \
                 must be of compact, delete"
                .to_owned())
        );
        assert!(
            refused(&[
                ("min.compaction.lag.ms", "2"),
                ("max.compaction.lag.ms", "1")
            ])
            .is_err()
        );
    }
}
