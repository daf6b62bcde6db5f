//! Opening a log: what is in its folder, and what can be believed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use highwater_types::{Offset, TopicId};

use crate::checkpoint;
use crate::config::LogConfig;
use crate::error::StorageError;
use crate::leader_epoch_cache::LeaderEpochCache;
use crate::leftovers;
use crate::log::{ActiveSegment, OpenInfo};
use crate::log_files::LogFiles;
use crate::log_reader::{LogOffsets, segment_index};
use crate::log_validator::read_marker;
use crate::names;
use crate::partition_metadata;
use crate::producer_state::{ProducerState, SnapshotFiles};
use crate::recovery::Recovery;
use crate::segment::{Segment, SegmentSizes};

/// A log as it was found, and repaired if needed.
pub(crate) struct Loaded {
    pub(crate) segments: Vec<Arc<Segment>>,
    pub(crate) offsets: LogOffsets,
    pub(crate) epochs: LeaderEpochCache,
    pub(crate) producers: ProducerState,
    pub(crate) snapshots: SnapshotFiles,
    pub(crate) active: ActiveSegment,
    pub(crate) topic_id: Option<TopicId>,
    /// Files were created whose names are not synced yet.
    pub(crate) unsynced: bool,
    /// The folder is as closing the log would leave it.
    pub(crate) settled: bool,
}

/// The files of a log's folder by what they are.
struct Listing {
    segments: BTreeMap<i64, SegmentSizes>,
    snapshots: BTreeSet<i64>,
}

/// Opens the folder. After an unclean stop everything from the recovery point on
/// is checked; what is found good is synced, so that it can be counted as flushed.
pub(crate) fn load(
    files: &Arc<LogFiles>,
    config: &LogConfig,
    open: &OpenInfo,
) -> Result<Loaded, StorageError> {
    let topic_id = partition_metadata::ensure(&*files.disk, &files.dir, open.topic_id)?;
    let swapped = leftovers::clean_up(files)?;
    let listing = list(files)?;
    let mut segments: Vec<Arc<Segment>> = listing
        .segments
        .iter()
        .map(|(base, sizes)| Arc::new(Segment::existing(files.clone(), *base, *sizes)))
        .collect();
    let mut unsynced = false;
    if segments.is_empty() {
        let base = open.log_start.0.max(0);
        segments.push(Arc::new(Segment::create(files.clone(), base, None)?));
        unsynced = true;
    }
    let mut snapshots = SnapshotFiles::new(listing.snapshots);
    snapshots.remove_strays(files, &base_offsets(&segments))?;
    let mut recovery = Recovery {
        files,
        config,
        open,
        segments,
        snapshots,
        epochs: read_epochs(files)?,
        repaired: false,
    };
    for (base, sizes) in &listing.segments {
        recovery.repair_indexes(*base, sizes)?;
    }
    let (end, producers, bytes_since_index) = match open.clean_shutdown && !swapped {
        true => recovery.trust()?,
        false => recovery.recover()?,
    };
    let Recovery {
        segments,
        snapshots,
        epochs,
        repaired,
        ..
    } = recovery;
    let first = segments.first().map_or(0, |segment| segment.base_offset);
    let is_empty = segments.len() == 1 && end == first;
    let settled = match unsynced {
        true => is_empty,
        false => !repaired && (is_empty || (snapshots.is_at(end) && epochs.is_some())),
    };
    let log_start = Offset(open.log_start.0.max(first).max(0));
    let epochs = trim_epochs(epochs.unwrap_or_default(), log_start, Offset(end));
    let offsets = LogOffsets {
        log_start,
        last_stable: log_start,
        high_watermark: log_start,
        flushed_end: Offset(end),
        log_end: Offset(end),
    };
    let active = ActiveSegment {
        bytes_since_index,
        first_timestamp: None,
        created_ms: open.now.0,
    };
    Ok(Loaded {
        segments,
        offsets,
        epochs,
        producers,
        snapshots,
        active,
        topic_id,
        unsynced,
        settled,
    })
}

fn list(files: &LogFiles) -> Result<Listing, StorageError> {
    let entries = files.disk.list(&files.dir);
    let entries = entries.map_err(|error| StorageError::io(&files.dir, error))?;
    let mut listing = Listing {
        segments: BTreeMap::new(),
        snapshots: BTreeSet::new(),
    };
    for entry in entries.iter().filter(|entry| !entry.is_dir) {
        match names::parse_file_name(&entry.name) {
            Some((offset, names::SNAPSHOT)) => {
                listing.snapshots.insert(offset);
            }
            Some((offset, names::LOG)) => {
                listing.segments.entry(offset).or_default().log = entry.len;
            }
            _ => {}
        }
    }
    for entry in entries.iter().filter(|entry| !entry.is_dir) {
        let Some((offset, suffix)) = names::parse_file_name(&entry.name) else {
            continue;
        };
        let is_index = [names::OFFSET_INDEX, names::TIME_INDEX, names::TXN_INDEX].contains(&suffix);
        let Some(sizes) = listing.segments.get_mut(&offset) else {
            if is_index {
                tracing::warn!(dir = %files.dir.display(), file = entry.name,
                    "removing an index that has no segment");
                files.remove_if_exists(&entry.name)?;
            }
            continue;
        };
        match suffix {
            names::OFFSET_INDEX => sizes.offset_index = Some(entry.len),
            names::TIME_INDEX => sizes.time_index = Some(entry.len),
            names::TXN_INDEX => sizes.txn_index = Some(entry.len),
            _ => {}
        }
    }
    Ok(listing)
}

pub(crate) fn base_offsets(segments: &[Arc<Segment>]) -> BTreeSet<i64> {
    segments.iter().map(|segment| segment.base_offset).collect()
}

/// The epochs of the checkpoint; `None` if it is not there or damaged.
fn read_epochs(files: &LogFiles) -> Result<Option<LeaderEpochCache>, StorageError> {
    let path = files.dir.join(names::LEADER_EPOCH_CHECKPOINT);
    let text = match checkpoint::read_text(&*files.disk, &path) {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(None),
        Err(StorageError::Corrupt { .. }) => String::new(),
        Err(error) => return Err(error),
    };
    match LeaderEpochCache::from_text(&text) {
        Ok(epochs) => Ok(Some(epochs)),
        Err(reason) => {
            tracing::warn!(file = %path.display(), reason, "building the leader epochs anew");
            Ok(None)
        }
    }
}

fn trim_epochs(mut epochs: LeaderEpochCache, start: Offset, end: Offset) -> LeaderEpochCache {
    epochs.truncate_from_end(end);
    epochs.truncate_from_start(start);
    epochs
}

/// Brings the producers' state from where it is up to `end`.
pub(crate) fn replay(
    segments: &[Arc<Segment>],
    producers: &mut ProducerState,
    end: i64,
) -> Result<(), StorageError> {
    let from = producers.end_offset();
    if from >= end {
        return Ok(());
    }
    for segment in segments.iter().skip(segment_index(segments, from)) {
        if segment.base_offset >= end {
            break;
        }
        let Some(start) = segment.find(from)? else {
            continue;
        };
        let mut walk = segment.headers(start.position)?;
        while let Some((position, header)) = segment.walked(walk.next_header())? {
            if header.last_offset() >= end {
                break;
            }
            let mut marker = None;
            if header.is_control() && header.has_producer_id() {
                let mut batch = segment.batches(position)?;
                if let Some((_, header, bytes)) = segment.walked(batch.next_batch())? {
                    marker = read_marker(&header, &bytes)
                        .map_err(|error| segment.log_file().corrupt(error.to_string()))?;
                }
            }
            producers.on_appended(&header, marker.as_ref());
        }
    }
    producers.set_end_offset(end);
    Ok(())
}
