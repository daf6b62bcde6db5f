//! DeleteTopics, by name or by id. KIP-516.

use std::collections::BTreeMap;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::delete_topics::{DeletableTopicResult, DeleteTopicState};
use highwater_protocol::messages::metadata_records::RemoveTopicRecord;
use highwater_protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse};
use highwater_types::{TopicId, Uuid};

use super::{ApiError, ControllerState, Decision};
use crate::image::TopicImage;

impl ControllerState {
    /// Deletes topics. Their logs go when the brokers see it.
    #[must_use]
    pub fn decide_delete_topics(
        &self,
        request: &DeleteTopicsRequest,
        version: i16,
    ) -> Decision<DeleteTopicsResponse> {
        let wanted: Vec<DeleteTopicState> = if version >= 6 {
            request.topics.clone()
        } else {
            let names = request.topic_names.iter();
            names
                .map(|name| DeleteTopicState {
                    name: Some(name.clone()),
                    topic_id: Uuid::ZERO,
                })
                .collect()
        };
        let counts = counts(&wanted);
        let mut records = Vec::new();
        let mut responses = Vec::with_capacity(wanted.len());
        for topic in &wanted {
            let found = self.topic_to_delete(topic, &counts);
            if let Ok(found) = found {
                let remove = RemoveTopicRecord {
                    topic_id: found.id().0,
                };
                records.push(remove.into());
            }
            responses.push(result_of(topic, found));
        }
        Decision {
            records,
            response: DeleteTopicsResponse {
                responses,
                ..DeleteTopicsResponse::default()
            },
        }
    }

    fn topic_to_delete(
        &self,
        wanted: &DeleteTopicState,
        counts: &BTreeMap<Wanted<'_>, usize>,
    ) -> Result<&TopicImage, ApiError> {
        let invalid = |message: &str| Err(ApiError::new(ErrorCode::InvalidRequest, message));
        let (key, twice) = match (&wanted.name, wanted.topic_id) {
            (None, Uuid::ZERO) => return invalid("Neither topic name nor id were specified."),
            (Some(_), id) if id != Uuid::ZERO => {
                return invalid("You may not specify both topic name and topic id.");
            }
            (Some(name), _) => (Wanted::Name(name), "Duplicate topic name."),
            (None, id) => (Wanted::Id(id), "Duplicate topic id."),
        };
        if counts.get(&key).is_some_and(|count| *count > 1) {
            return invalid(twice);
        }
        let topics = self.image.topics();
        let (found, missing) = match key {
            Wanted::Name(name) => (topics.get(name), ErrorCode::UnknownTopicOrPartition),
            Wanted::Id(id) => (topics.get_by_id(TopicId(id)), ErrorCode::UnknownTopicId),
        };
        let found = found.ok_or_else(|| ApiError::plain(missing))?;
        // The same topic by name and by id in one request.
        let by_name = counts.contains_key(&Wanted::Name(found.name().as_str()));
        if by_name && counts.contains_key(&Wanted::Id(found.id().0)) {
            return invalid("The provided topic name maps to an ID that was already supplied.");
        }
        Ok(found)
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Wanted<'a> {
    Name(&'a str),
    Id(Uuid),
}

fn counts(wanted: &[DeleteTopicState]) -> BTreeMap<Wanted<'_>, usize> {
    let mut counts = BTreeMap::new();
    for topic in wanted {
        let key = match &topic.name {
            Some(name) => Wanted::Name(name),
            None => Wanted::Id(topic.topic_id),
        };
        *counts.entry(key).or_insert(0) += 1;
    }
    counts
}

fn result_of(
    wanted: &DeleteTopicState,
    found: Result<&TopicImage, ApiError>,
) -> DeletableTopicResult {
    match found {
        Ok(topic) => DeletableTopicResult {
            name: Some(topic.name().to_string()),
            topic_id: topic.id().0,
            ..DeletableTopicResult::default()
        },
        Err(error) => DeletableTopicResult {
            name: wanted.name.clone(),
            topic_id: wanted.topic_id,
            error_code: error.code as i16,
            error_message: error.message,
        },
    }
}
