//! Topics and their partitions.

use std::fmt;
use std::sync::Arc;

use crate::newtype::integer_newtype;

integer_newtype! {
    /// A partition's number within its topic, from 0.
    PartitionIndex(i32)
}

/// A topic's name; cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName(Arc<str>);

/// One partition of one topic; also the name of its folder on disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    pub topic: TopicName,
    pub partition: PartitionIndex,
}

/// Why a name can not be a topic's; the text is Kafka's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTopicName(pub String);

/// The longest topic name Kafka accepts: folder names are limited to 255 bytes
/// and need room for the partition and a deletion suffix.
const TOPIC_NAME_LENGTH_MAX: usize = 249;

impl TopicName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for TopicName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for TopicName {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl std::borrow::Borrow<str> for TopicName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl TopicPartition {
    pub fn new(topic: impl Into<TopicName>, partition: i32) -> Self {
        Self {
            topic: topic.into(),
            partition: PartitionIndex(partition),
        }
    }

    /// The folder of this partition's log, `<topic>-<partition>`.
    #[must_use]
    pub fn dir_name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }

    /// Reads a folder's name back; `None` if it is not `<topic>-<partition>`.
    #[must_use]
    pub fn parse_dir_name(name: &str) -> Option<Self> {
        let (topic, partition) = name.rsplit_once('-')?;
        let partition: u32 = partition.parse().ok()?;
        validate_topic_name(topic).ok()?;
        Some(Self::new(topic, i32::try_from(partition).ok()?))
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// Checks a topic name by Kafka's rules: 1 to 249 of `[a-zA-Z0-9._-]`, and not `.` or `..`.
///
/// # Errors
/// The reason, worded as Kafka words it.
pub fn validate_topic_name(name: &str) -> Result<(), InvalidTopicName> {
    let invalid =
        |reason: String| Err(InvalidTopicName(format!("Topic name is invalid: {reason}")));
    if name.is_empty() {
        return invalid("the empty string is not allowed".into());
    }
    if name == "." || name == ".." {
        return invalid(format!("'{name}' is not allowed"));
    }
    if name.len() > TOPIC_NAME_LENGTH_MAX {
        return invalid(format!(
            "the length of '{name}' is longer than the max allowed length {TOPIC_NAME_LENGTH_MAX}"
        ));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !name.chars().all(legal) {
        return invalid(format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_round_trip() {
        let partition = TopicPartition::new("a-b.c_d", 12);
        assert_eq!(partition.dir_name(), "a-b.c_d-12");
        assert_eq!(
            TopicPartition::parse_dir_name("a-b.c_d-12"),
            Some(partition)
        );
    }

    #[test]
    fn other_folders_are_not_partitions() {
        for name in [
            "",
            "-1",
            "a",
            "a-",
            "a--1x",
            "a-99999999999",
            "a-0.abc-delete",
            "ä-0",
        ] {
            assert_eq!(TopicPartition::parse_dir_name(name), None, "{name}");
        }
    }

    #[test]
    fn topic_names_follow_kafkas_rules() {
        for name in ["a", "A.b_c-9", &"x".repeat(249), "..."] {
            assert!(validate_topic_name(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "a b", "a/b", "ü", &"x".repeat(250)] {
            assert!(validate_topic_name(name).is_err(), "{name}");
        }
    }
}
