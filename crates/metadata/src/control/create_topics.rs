//! CreateTopics.

use std::collections::{BTreeMap, BTreeSet};

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::create_topics::{
    CreatableTopic, CreatableTopicConfigs, CreatableTopicResult,
};
use highwater_protocol::messages::metadata_records::{ConfigRecord, TopicRecord};
use highwater_protocol::messages::{CreateTopicsRequest, CreateTopicsResponse};
use highwater_types::{Uuid, validate_topic_name};

use super::manual_assignment::ManualAssignment;
use super::{ApiError, ControllerState, Decision, DecisionContext};
use crate::MetadataRecord;
use crate::config::{Overrides, describe_topic, validate_topic_overrides};
use crate::image::{ConfigResourceType, PartitionImage};
use crate::place;
use crate::snapshot::partition_record;

/// The topic that is the metadata log itself.
const CLUSTER_METADATA_TOPIC: &str = "__cluster_metadata";
/// More in one request is taken for a mistake: each partition is a record.
const PARTITIONS_PER_REQUEST_MAX: usize = 10_000;

impl ControllerState {
    /// Creates topics, each on its own: one that is refused does not stop the others.
    pub fn decide_create_topics(
        &self,
        request: &CreateTopicsRequest,
        context: &mut DecisionContext<'_>,
    ) -> Decision<CreateTopicsResponse> {
        let duplicates = duplicate_names(request);
        let mut answered = BTreeSet::new();
        let mut new_names = NewNames::default();
        let mut records = Vec::new();
        let mut topics = Vec::with_capacity(request.topics.len());
        for topic in &request.topics {
            // A name that comes twice is answered once.
            if duplicates.contains(topic.name.as_str()) && !answered.insert(topic.name.as_str()) {
                continue;
            }
            let created = if duplicates.contains(topic.name.as_str()) {
                Err(ApiError::new(
                    ErrorCode::InvalidRequest,
                    "Duplicate topic name.",
                ))
            } else {
                let room = PARTITIONS_PER_REQUEST_MAX.saturating_sub(new_names.partitions);
                self.check_name(&topic.name, &new_names)
                    .and_then(|()| self.create_topic(topic, room, context))
            };
            topics.push(match created {
                Ok(created) => {
                    new_names.add(&topic.name, created.partitions);
                    records.extend(created.records);
                    created.result
                }
                Err(error) => refused(&topic.name, error),
            });
        }
        Decision {
            records: if request.validate_only {
                Vec::new()
            } else {
                records
            },
            response: CreateTopicsResponse {
                topics,
                ..CreateTopicsResponse::default()
            },
        }
    }

    /// Checks that a topic can have this name. `.` and `_` are one character in the
    /// names of metrics, so names that differ only there are taken for the same.
    fn check_name(&self, name: &str, new_names: &NewNames) -> Result<(), ApiError> {
        if name == CLUSTER_METADATA_TOPIC {
            let message = format!("Creation of internal topic {name} is prohibited.");
            return Err(ApiError::new(ErrorCode::InvalidRequest, message));
        }
        validate_topic_name(name)
            .map_err(|error| ApiError::new(ErrorCode::InvalidTopicException, error.0))?;
        if self.image.topics().get(name).is_some() {
            let message = format!("Topic '{name}' already exists.");
            return Err(ApiError::new(ErrorCode::TopicAlreadyExists, message));
        }
        if !name.contains(['.', '_']) {
            return Ok(());
        }
        let unified = unified(name);
        let topics = self.image.topics();
        let existing = topics.iter().map(|topic| topic.name().as_str());
        let collides = existing
            .filter(|other| other.len() == name.len())
            .find(|other| self::unified(other) == unified)
            .map(str::to_owned)
            .or_else(|| new_names.unified.get(&unified).cloned());
        match collides {
            None => Ok(()),
            Some(other) => {
                let message = format!("Topic '{name}' collides with existing topic: {other}");
                Err(ApiError::new(ErrorCode::InvalidTopicException, message))
            }
        }
    }

    fn create_topic(
        &self,
        topic: &CreatableTopic,
        room: usize,
        context: &mut DecisionContext<'_>,
    ) -> Result<CreatedTopic, ApiError> {
        let configs = topic_configs(topic)?;
        let defaults = self.dynamic_defaults();
        let layers = self.broker_layers(&defaults);
        validate_topic_overrides(&configs, layers)?;
        let partitions = if topic.assignments.is_empty() {
            self.placed_partitions(topic, room, context)?
        } else {
            self.assigned_partitions(topic)?
        };
        let replication_factor = partitions.first().map_or(0, |first| first.replicas.len());
        let topic_id = new_topic_id(context.random);
        let mut records: Vec<MetadataRecord> = vec![
            TopicRecord {
                name: topic.name.clone(),
                topic_id,
            }
            .into(),
        ];
        records.extend(configs.iter().map(|(name, value)| {
            ConfigRecord {
                resource_type: ConfigResourceType::Topic.code(),
                resource_name: topic.name.clone(),
                name: name.clone(),
                value: Some(value.clone()),
            }
            .into()
        }));
        for (index, partition) in (0..).zip(&partitions) {
            records.push(partition_record(topic_id, index, partition).into());
        }
        let result = CreatableTopicResult {
            name: topic.name.clone(),
            topic_id,
            num_partitions: i32::try_from(partitions.len()).unwrap_or(i32::MAX),
            replication_factor: i16::try_from(replication_factor).unwrap_or(i16::MAX),
            configs: Some(shown_configs(&configs, layers)),
            ..CreatableTopicResult::default()
        };
        Ok(CreatedTopic {
            records,
            result,
            partitions: partitions.len(),
        })
    }

    /// Partitions whose replicas the client chose.
    fn assigned_partitions(&self, topic: &CreatableTopic) -> Result<Vec<PartitionImage>, ApiError> {
        let not_minus_one = |what: &str| {
            let message = format!(
                "A manual partition assignment was specified, but {what} was not set to -1."
            );
            Err(ApiError::new(ErrorCode::InvalidRequest, message))
        };
        if topic.replication_factor != -1 {
            return not_minus_one("replication factor");
        }
        if topic.num_partitions != -1 {
            return not_minus_one("numPartitions");
        }
        let refused = |message| Err(ApiError::new(ErrorCode::InvalidReplicaAssignment, message));
        let mut partitions = BTreeMap::new();
        let mut replication_factor = None;
        for assignment in &topic.assignments {
            let partition = self.assigned_partition(&ManualAssignment {
                partition: assignment.partition_index,
                broker_ids: &assignment.broker_ids,
                replication_factor,
            })?;
            replication_factor = Some(assignment.broker_ids.len());
            let earlier = partitions.insert(assignment.partition_index, partition);
            if earlier.is_some() {
                return refused(format!(
                    "Found multiple manual partition assignments for partition {}",
                    assignment.partition_index
                ));
            }
        }
        if !partitions.keys().copied().eq((0..).take(partitions.len())) {
            return refused("partitions should be a consecutive 0-based integer sequence".into());
        }
        Ok(partitions.into_values().collect())
    }

    /// Partitions whose replicas are placed.
    fn placed_partitions(
        &self,
        topic: &CreatableTopic,
        room: usize,
        context: &mut DecisionContext<'_>,
    ) -> Result<Vec<PartitionImage>, ApiError> {
        let (asked, factor) = (topic.num_partitions, topic.replication_factor);
        if factor < -1 || factor == 0 {
            return Err(ApiError::new(
                ErrorCode::InvalidReplicationFactor,
                "Replication factor must be larger than 0, or -1 to use the default value.",
            ));
        }
        if asked < -1 || asked == 0 {
            return Err(ApiError::new(
                ErrorCode::InvalidPartitions,
                "Number of partitions was set to an invalid non-positive value.",
            ));
        }
        let default = |name: &str| self.broker_number(name).unwrap_or(1);
        let count = match asked {
            -1 => default("num.partitions"),
            asked => i64::from(asked),
        };
        let factor = match factor {
            -1 => i16::try_from(default("default.replication.factor")).unwrap_or(i16::MAX),
            factor => factor,
        };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > room {
            let message = format!(
                "Excessively large number of partitions: at most {PARTITIONS_PER_REQUEST_MAX} \
                 can be created in one request."
            );
            return Err(ApiError::new(ErrorCode::InvalidPartitions, message));
        }
        self.place_partitions(count, factor, context)
    }

    /// Places new partitions on the usable brokers.
    pub(super) fn place_partitions(
        &self,
        count: usize,
        factor: i16,
        context: &mut DecisionContext<'_>,
    ) -> Result<Vec<PartitionImage>, ApiError> {
        let refused = |reason: &str| {
            let message = format!("Unable to replicate the partition {factor} time(s): {reason}");
            ApiError::new(ErrorCode::InvalidReplicationFactor, message)
        };
        let placed = place(count, factor, &self.usable_brokers(), context.random)
            .map_err(|error| refused(&error.to_string()))?;
        let nobody = "All brokers are currently fenced or in controlled shutdown.";
        let partitions = placed.into_iter().map(|ids| self.new_partition(ids));
        partitions
            .map(|partition| partition.ok_or_else(|| refused(nobody)))
            .collect()
    }
}

struct CreatedTopic {
    records: Vec<MetadataRecord>,
    result: CreatableTopicResult,
    partitions: usize,
}

/// What this request creates beside the topics that are there.
#[derive(Default)]
struct NewNames {
    /// By the name in which `.` and `_` are one character.
    unified: BTreeMap<String, String>,
    partitions: usize,
}

impl NewNames {
    fn add(&mut self, name: &str, partitions: usize) {
        self.unified.insert(unified(name), name.to_owned());
        self.partitions += partitions;
    }
}

fn unified(name: &str) -> String {
    name.replace('.', "_")
}

fn duplicate_names(request: &CreateTopicsRequest) -> BTreeSet<&str> {
    let mut seen = BTreeSet::new();
    let names = request.topics.iter().map(|topic| topic.name.as_str());
    names.filter(|name| !seen.insert(*name)).collect()
}

/// What the client sets on the topic.
fn topic_configs(topic: &CreatableTopic) -> Result<Overrides, ApiError> {
    let mut configs = Overrides::new();
    let mut nulls = Vec::new();
    for config in &topic.configs {
        match &config.value {
            Some(value) => {
                configs.insert(config.name.clone(), value.clone());
            }
            None => nulls.push(config.name.as_str()),
        }
    }
    if nulls.is_empty() {
        return Ok(configs);
    }
    let message = format!(
        "Null value not supported for topic configs: {}",
        nulls.join(",")
    );
    Err(ApiError::new(ErrorCode::InvalidConfig, message))
}

fn shown_configs(
    configs: &Overrides,
    layers: crate::config::BrokerLayers<'_>,
) -> Vec<CreatableTopicConfigs> {
    let entries = describe_topic(configs, layers).into_iter();
    entries
        .map(|entry| CreatableTopicConfigs {
            name: entry.name,
            value: entry.value,
            read_only: entry.read_only,
            config_source: entry.source as i8,
            is_sensitive: entry.sensitive,
        })
        .collect()
}

fn new_topic_id(random: &mut dyn FnMut() -> u64) -> Uuid {
    Uuid::from_random_bits(u128::from(random()) << 64 | u128::from(random()))
}

fn refused(name: &str, error: ApiError) -> CreatableTopicResult {
    CreatableTopicResult {
        name: name.to_owned(),
        error_code: error.code as i16,
        error_message: error.message,
        ..CreatableTopicResult::default()
    }
}
