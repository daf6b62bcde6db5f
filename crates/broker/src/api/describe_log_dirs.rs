//! DescribeLogDirs: which logs are where, and how large they are. KIP-113.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use highwater_protocol::ErrorCode;
use highwater_protocol::messages::describe_log_dirs::{
    DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse,
    DescribeLogDirsResult, DescribeLogDirsTopic,
};
use highwater_storage::{DiskSpace, LogDirStatus, LogReader};
use highwater_types::{DirectoryId, TopicPartition};

use super::ApiError;
use crate::context::{BrokerContext, RequestContext};

type OpenLog = (TopicPartition, DirectoryId, Arc<LogReader>);

pub(super) async fn handle(
    ctx: &Arc<BrokerContext>,
    request: DescribeLogDirsRequest,
    _rc: &RequestContext,
) -> Result<DescribeLogDirsResponse, ApiError> {
    let Some(logs) = ctx.replicas.logs() else {
        return Err(ApiError::Close("the broker is stopping".into()));
    };
    let wanted = wanted(&request);
    let mut open = logs.open_logs();
    open.retain(|(name, ..)| is_wanted(wanted.as_ref(), name));
    let directories = logs.directories();
    Ok(DescribeLogDirsResponse {
        results: directories
            .iter()
            .map(|dir| describe(dir, logs.space(&dir.path), &open))
            .collect(),
        ..DescribeLogDirsResponse::default()
    })
}

type Wanted<'a> = BTreeMap<&'a str, BTreeSet<i32>>;

/// `None` asks for every partition.
fn wanted(request: &DescribeLogDirsRequest) -> Option<Wanted<'_>> {
    let topics = request.topics.as_ref()?;
    let mut wanted = Wanted::new();
    for topic in topics {
        let partitions = wanted.entry(topic.topic.as_str()).or_default();
        partitions.extend(topic.partitions.iter().copied());
    }
    Some(wanted)
}

fn is_wanted(wanted: Option<&Wanted<'_>>, name: &TopicPartition) -> bool {
    wanted.is_none_or(|wanted| {
        let partitions = wanted.get(name.topic.as_str());
        partitions.is_some_and(|partitions| partitions.contains(&name.partition.get()))
    })
}

/// `space` is that of the directory's volume. KIP-827.
fn describe(
    dir: &LogDirStatus,
    space: Option<DiskSpace>,
    open: &[OpenLog],
) -> DescribeLogDirsResult {
    let log_dir = dir.path.to_string_lossy().into_owned();
    if dir.offline.is_some() {
        return DescribeLogDirsResult {
            error_code: ErrorCode::KafkaStorageError.code(),
            log_dir,
            ..DescribeLogDirsResult::default()
        };
    }
    let mut topics: Vec<DescribeLogDirsTopic> = Vec::new();
    // Sorted by partition, so that a topic's partitions are neighbours.
    for (name, _, log) in open.iter().filter(|(_, id, _)| *id == dir.id) {
        if topics
            .last()
            .is_none_or(|topic| topic.name != name.topic.as_str())
        {
            topics.push(DescribeLogDirsTopic {
                name: name.topic.as_str().to_owned(),
                partitions: Vec::new(),
            });
        }
        let partition = DescribeLogDirsPartition {
            partition_index: name.partition.get(),
            partition_size: i64::try_from(log.size_bytes()).unwrap_or(i64::MAX),
            // Only a log that is being moved between directories lags.
            offset_lag: 0,
            is_future_key: false,
        };
        if let Some(topic) = topics.last_mut() {
            topic.partitions.push(partition);
        }
    }
    let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    DescribeLogDirsResult {
        log_dir,
        topics,
        total_bytes: space.map_or(-1, |space| bytes(space.total)),
        usable_bytes: space.map_or(-1, |space| bytes(space.usable)),
        ..DescribeLogDirsResult::default()
    }
}
