//! CreatePartitions: a topic grows. KIP-195.

use std::collections::BTreeMap;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::create_partitions::{
    CreatePartitionsTopic, CreatePartitionsTopicResult,
};
use highwater_protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};

use super::manual_assignment::ManualAssignment;
use super::{ApiError, ControllerState, Decision, DecisionContext};
use crate::MetadataRecord;
use crate::snapshot::partition_record;

/// More in one request is taken for a mistake: each partition is a record.
const PARTITIONS_PER_REQUEST_MAX: usize = 10_000;

impl ControllerState {
    /// Adds partitions to topics, each on its own.
    pub fn decide_create_partitions(
        &self,
        request: &CreatePartitionsRequest,
        context: &mut DecisionContext<'_>,
    ) -> Decision<CreatePartitionsResponse> {
        let mut counts = BTreeMap::new();
        for topic in &request.topics {
            *counts.entry(topic.name.as_str()).or_insert(0) += 1;
        }
        let mut records = Vec::new();
        let mut results = Vec::with_capacity(request.topics.len());
        for topic in &request.topics {
            let room = PARTITIONS_PER_REQUEST_MAX.saturating_sub(records.len());
            let grown = match counts.get_mut(topic.name.as_str()) {
                Some(1) => self.grow_topic(topic, room, context),
                // A name that comes twice is answered once.
                Some(count) if *count > 1 => {
                    *count = 0;
                    Err(ApiError::new(
                        ErrorCode::InvalidRequest,
                        "Duplicate topic name.",
                    ))
                }
                _ => continue,
            };
            let mut result = CreatePartitionsTopicResult {
                name: topic.name.clone(),
                ..CreatePartitionsTopicResult::default()
            };
            match grown {
                Ok(grown) => records.extend(grown),
                Err(error) => {
                    result.error_code = error.code as i16;
                    result.error_message = error.message;
                }
            }
            results.push(result);
        }
        Decision {
            records: if request.validate_only {
                Vec::new()
            } else {
                records
            },
            response: CreatePartitionsResponse {
                results,
                ..CreatePartitionsResponse::default()
            },
        }
    }

    fn grow_topic(
        &self,
        wanted: &CreatePartitionsTopic,
        room: usize,
        context: &mut DecisionContext<'_>,
    ) -> Result<Vec<MetadataRecord>, ApiError> {
        let topic = self
            .image
            .topics()
            .get(&wanted.name)
            .ok_or_else(|| ApiError::plain(ErrorCode::UnknownTopicOrPartition))?;
        let there = topic.partition_count();
        let invalid = |message: String| Err(ApiError::new(ErrorCode::InvalidPartitions, message));
        let count = usize::try_from(wanted.count).unwrap_or(0);
        if count == there {
            return invalid(format!("Topic already has {there} partition(s)."));
        }
        if count < there {
            return invalid(format!(
                "The topic {} currently has {there} partition(s); {} would not be an increase.",
                wanted.name, wanted.count
            ));
        }
        let additional = count - there;
        if additional > room {
            return invalid(format!(
                "Excessively large number of partitions: at most {PARTITIONS_PER_REQUEST_MAX} \
                 can be created in one request."
            ));
        }
        let (_, first) = topic
            .partitions()
            .next()
            .ok_or_else(|| ApiError::plain(ErrorCode::UnknownServerError))?;
        let factor = first.replicas.len();
        let first_new = i32::try_from(there).unwrap_or(i32::MAX);
        let partitions = match &wanted.assignments {
            None => {
                let factor = i16::try_from(factor).unwrap_or(i16::MAX);
                self.place_partitions(additional, factor, context)?
            }
            Some(assignments) if assignments.len() != additional => {
                let message = format!(
                    "Attempted to add {additional} additional partition(s), but only {} \
                     assignment(s) were specified.",
                    assignments.len()
                );
                return Err(ApiError::new(ErrorCode::InvalidReplicaAssignment, message));
            }
            Some(assignments) => (first_new..)
                .zip(assignments)
                .map(|(partition, assignment)| {
                    self.assigned_partition(&ManualAssignment {
                        partition,
                        broker_ids: &assignment.broker_ids,
                        replication_factor: Some(factor),
                    })
                })
                .collect::<Result<_, _>>()?,
        };
        let topic_id = topic.id().0;
        let records = (first_new..).zip(&partitions);
        Ok(records
            .map(|(index, partition)| partition_record(topic_id, index, partition).into())
            .collect())
    }
}
