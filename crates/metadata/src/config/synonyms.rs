//! Which broker configs stand behind another config.

/// A broker config that gives a value to another config that is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synonym {
    pub name: &'static str,
    /// What one unit of it is in the unit of the other: 3,600,000 from hours to milliseconds.
    pub factor: i64,
}

const fn same(name: &'static str) -> Synonym {
    Synonym { name, factor: 1 }
}

const fn minutes(name: &'static str) -> Synonym {
    Synonym {
        name,
        factor: 60_000,
    }
}

const fn hours(name: &'static str) -> Synonym {
    Synonym {
        name,
        factor: 3_600_000,
    }
}

/// Topic configs with the broker configs that stand behind them, the first that is
/// set wins.
const OF_TOPIC_CONFIGS: &[(&str, &[Synonym])] = &[
    ("cleanup.policy", &[same("log.cleanup.policy")]),
    ("compression.gzip.level", &[same("compression.gzip.level")]),
    ("compression.lz4.level", &[same("compression.lz4.level")]),
    ("compression.type", &[same("compression.type")]),
    ("compression.zstd.level", &[same("compression.zstd.level")]),
    (
        "delete.retention.ms",
        &[same("log.cleaner.delete.retention.ms")],
    ),
    (
        "file.delete.delay.ms",
        &[same("log.segment.delete.delay.ms")],
    ),
    ("flush.messages", &[same("log.flush.interval.messages")]),
    (
        "flush.ms",
        &[
            same("log.flush.interval.ms"),
            same("log.flush.scheduler.interval.ms"),
        ],
    ),
    ("index.interval.bytes", &[same("log.index.interval.bytes")]),
    (
        "local.retention.bytes",
        &[same("log.local.retention.bytes")],
    ),
    ("local.retention.ms", &[same("log.local.retention.ms")]),
    (
        "max.compaction.lag.ms",
        &[same("log.cleaner.max.compaction.lag.ms")],
    ),
    ("max.message.bytes", &[same("message.max.bytes")]),
    (
        "message.timestamp.after.max.ms",
        &[same("log.message.timestamp.after.max.ms")],
    ),
    (
        "message.timestamp.before.max.ms",
        &[same("log.message.timestamp.before.max.ms")],
    ),
    (
        "message.timestamp.type",
        &[same("log.message.timestamp.type")],
    ),
    (
        "min.cleanable.dirty.ratio",
        &[same("log.cleaner.min.cleanable.ratio")],
    ),
    (
        "min.compaction.lag.ms",
        &[same("log.cleaner.min.compaction.lag.ms")],
    ),
    ("min.insync.replicas", &[same("min.insync.replicas")]),
    ("preallocate", &[same("log.preallocate")]),
    ("retention.bytes", &[same("log.retention.bytes")]),
    ("retention.ms", RETENTION),
    ("segment.bytes", &[same("log.segment.bytes")]),
    ("segment.index.bytes", &[same("log.index.size.max.bytes")]),
    ("segment.jitter.ms", ROLL_JITTER),
    ("segment.ms", ROLL),
    (
        "unclean.leader.election.enable",
        &[same("unclean.leader.election.enable")],
    ),
    ("write.caching", &[same("log.write.caching")]),
];

const RETENTION: &[Synonym] = &[
    same("log.retention.ms"),
    minutes("log.retention.minutes"),
    hours("log.retention.hours"),
];
const ROLL: &[Synonym] = &[same("log.roll.ms"), hours("log.roll.hours")];
const ROLL_JITTER: &[Synonym] = &[same("log.roll.jitter.ms"), hours("log.roll.jitter.hours")];
const FLUSH: &[Synonym] = &[
    same("log.flush.interval.ms"),
    same("log.flush.scheduler.interval.ms"),
];

/// The broker configs behind a topic config, best first; empty if there are none.
#[must_use]
pub fn synonyms_of_topic_config(name: &str) -> &'static [Synonym] {
    OF_TOPIC_CONFIGS
        .iter()
        .find(|(topic_config, _)| *topic_config == name)
        .map_or(&[], |(_, synonyms)| synonyms)
}

/// The names under which a broker config can be set, best first, without its own
/// name where that is the only one.
#[must_use]
pub(super) fn family_of_broker_config(name: &str) -> Option<&'static [Synonym]> {
    match name {
        "log.flush.interval.ms" => Some(FLUSH),
        _ => [RETENTION, ROLL, ROLL_JITTER]
            .into_iter()
            .find(|family| family.iter().any(|synonym| synonym.name == name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{broker_config, topic_config};

    #[test]
    fn both_sides_of_every_pair_exist() {
        for (name, synonyms) in OF_TOPIC_CONFIGS {
            assert!(topic_config(name).is_some(), "{name}");
            for synonym in *synonyms {
                assert!(broker_config(synonym.name).is_some(), "{}", synonym.name);
            }
        }
    }
}
