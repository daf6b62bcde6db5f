//! The limits of a config's value.

use super::value::ConfigValue;

/// Which values of the right type are allowed.
#[derive(Clone, Copy, Debug)]
pub enum Validator {
    /// All of them.
    Any,
    /// Whole numbers from this one up.
    AtLeast(i64),
    /// Whole numbers from the first to the second, both included.
    Between(i64, i64),
    /// As `Between`, and one more number with a meaning of its own.
    BetweenOr(i64, i64, i64),
    /// Numbers from the first to the second, both included.
    Fraction(f64, f64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words in any case.
    OneOfAnyCase(&'static [&'static str]),
    /// Text with at least one character.
    NotEmpty,
    /// A list without repetitions, of these words only.
    ListOf(&'static [&'static str], Empty),
    /// A list without repetitions.
    Distinct(Empty),
    /// `partition:broker` pairs, or `*`. KIP-73.
    ThrottledReplicas,
}

/// Whether a list may have no items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    Allowed,
    Refused,
}

impl Validator {
    /// # Errors
    /// The reason, to be put after the name and the value.
    pub(super) fn check(&self, value: &ConfigValue) -> Result<(), String> {
        let ok = match (self, value) {
            (Self::Any, _) => true,
            (Self::AtLeast(min), _) => value.as_i64().is_some_and(|number| number >= *min),
            (Self::Between(min, max), _) => value
                .as_i64()
                .is_some_and(|number| (*min..=*max).contains(&number)),
            (Self::BetweenOr(min, max, other), _) => value
                .as_i64()
                .is_some_and(|number| number == *other || (*min..=*max).contains(&number)),
            (Self::Fraction(min, max), _) => value
                .as_f64()
                .is_some_and(|number| (*min..=*max).contains(&number)),
            (Self::OneOf(words), _) => value.as_str().is_some_and(|text| words.contains(&text)),
            (Self::OneOfAnyCase(words), _) => value
                .as_str()
                .is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text))),
            (Self::NotEmpty, _) => value.as_str().is_some_and(|text| !text.is_empty()),
            (Self::ListOf(..) | Self::Distinct(_) | Self::ThrottledReplicas, _) => {
                return value.as_list().map_or_else(
                    || Err("must be a list".to_owned()),
                    |list| self.check_list(list),
                );
            }
        };
        if ok {
            return Ok(());
        }
        let allowed = self.allowed().unwrap_or_default();
        Err(format!("must be {allowed}"))
    }

    fn check_list(&self, items: &[String]) -> Result<(), String> {
        let (words, empty) = match self {
            Self::ListOf(words, empty) => (Some(*words), *empty),
            Self::Distinct(empty) => (None, *empty),
            _ => return check_throttled_replicas(items),
        };
        if items.is_empty() && empty == Empty::Refused {
            return Err("the list must not be empty".to_owned());
        }
        for (position, item) in items.iter().enumerate() {
            if item.is_empty() {
                return Err("the list must not have empty items".to_owned());
            }
            if items[..position].contains(item) {
                return Err(format!("the list names {item} twice"));
            }
            if let Some(words) = words
                && !words.contains(&item.as_str())
            {
                return Err(format!("must be of {}", words.join(", ")));
            }
        }
        Ok(())
    }

    /// The limits in words, such as `at least 1`; `None` when there are none.
    #[must_use]
    pub fn allowed(&self) -> Option<String> {
        Some(match self {
            Self::Any => return None,
            Self::AtLeast(min) => format!("at least {min}"),
            Self::Between(min, max) => format!("from {min} to {max}"),
            Self::BetweenOr(min, max, other) => format!("from {min} to {max}, or {other}"),
            Self::Fraction(min, max) => format!("from {min} to {max}"),
            Self::OneOf(words) | Self::OneOfAnyCase(words) => {
                format!("one of {}", words.join(", "))
            }
            Self::NotEmpty => "not empty".to_owned(),
            Self::ListOf(words, _) => format!("each of {}", words.join(", ")),
            Self::Distinct(Empty::Allowed) => return None,
            Self::Distinct(Empty::Refused) => "not empty".to_owned(),
            Self::ThrottledReplicas => "each as partition:broker, or only *".to_owned(),
        })
    }
}

fn check_throttled_replicas(items: &[String]) -> Result<(), String> {
    let is_pair = |item: &String| {
        item.split_once(':').is_some_and(|(partition, broker)| {
            partition.parse::<u32>().is_ok() && broker.parse::<u32>().is_ok()
        })
    };
    if items == ["*"] || items.iter().all(is_pair) {
        Ok(())
    } else {
        Err("must be partition:broker pairs, or only *".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{broker_config, topic_config};

    fn accepts(name: &str, text: &str) -> bool {
        let def = topic_config(name).or_else(|| broker_config(name));
        def.is_some_and(|def| def.parse(text).is_ok())
    }

    #[test]
    fn limits_hold_at_their_edges() {
        for (name, inside, outside) in [
            ("segment.bytes", "1048576", "1048575"),
            ("compression.lz4.level", "17", "18"),
            ("compression.gzip.level", "-1", "0"),
            ("min.cleanable.dirty.ratio", "1", "1.01"),
            ("min.cleanable.dirty.ratio", "0", "NaN"),
            ("compression.type", "zstd", "ZSTD"),
            ("group.consumer.migration.policy", "Upgrade", "up"),
            ("cleanup.policy", "compact,delete", "compact,compact"),
            ("cleanup.policy", "", "compact,,delete"),
            ("process.roles", "broker", ""),
            ("leader.replication.throttled.replicas", "0:1,2:3", "0:1,x"),
            ("leader.replication.throttled.replicas", "*", "*,0:1"),
        ] {
            assert!(accepts(name, inside), "{name}={inside}");
            assert!(!accepts(name, outside), "{name}={outside}");
        }
    }
}
