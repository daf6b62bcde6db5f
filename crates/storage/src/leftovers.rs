//! Files that a stop left half-finished in a log's folder.

use crate::error::StorageError;
use crate::log_files::LogFiles;
use crate::names;
use crate::segment::{Segment, SegmentSizes};

/// Removes what was being deleted or written, and finishes a compaction that
/// had all its results. Answers whether segments were replaced that way.
pub(crate) fn clean_up(files: &std::sync::Arc<LogFiles>) -> Result<bool, StorageError> {
    let entries = files.disk.list(&files.dir);
    let entries = entries.map_err(|error| StorageError::io(&files.dir, error))?;
    let names: Vec<String> = entries
        .into_iter()
        .filter(|entry| !entry.is_dir)
        .map(|entry| entry.name)
        .collect();
    let offset = |name: &str| names::parse_file_name(name).map(|(offset, _)| offset);
    let cleaned = names.iter().filter(|name| name.ends_with(names::CLEANED));
    let first_cleaned = cleaned.filter_map(|name| offset(name)).min();
    let mut swaps = Vec::new();
    for name in &names {
        let unfinished = [names::DELETED, names::CLEANED, names::TEMPORARY]
            .iter()
            .any(|suffix| name.ends_with(suffix));
        if unfinished {
            tracing::debug!(dir = %files.dir.display(), name, "removing a leftover file");
            files.remove_if_exists(name)?;
        } else if name.ends_with(names::SWAP) {
            // Results of a split that was not finished are not all there.
            if first_cleaned.is_some_and(|first| offset(name).is_some_and(|o| o >= first)) {
                files.remove_if_exists(name)?;
            } else {
                swaps.push(name.clone());
            }
        }
    }
    if swaps.is_empty() {
        return Ok(false);
    }
    finish_swap(files, &names, &swaps)?;
    Ok(true)
}

/// Puts finished results in the place of the segments that they replace.
fn finish_swap(
    files: &std::sync::Arc<LogFiles>,
    names: &[String],
    swaps: &[String],
) -> Result<(), StorageError> {
    let mut range: Option<(i64, i64)> = None;
    for swap in swaps {
        let Some((base, suffix)) = names::parse_file_name(swap) else {
            continue;
        };
        if suffix.strip_suffix(names::SWAP) != Some(names::LOG) {
            continue;
        }
        let end = end_of_swap(files, base, swap)?;
        let (low, high) = range.unwrap_or((base, end));
        range = Some((low.min(base), high.max(end)));
    }
    if let Some((low, high)) = range {
        for name in names.iter().filter(|name| !name.ends_with(names::SWAP)) {
            let replaced =
                names::parse_file_name(name).is_some_and(|(base, _)| (low..high).contains(&base));
            if replaced {
                files.remove_if_exists(name)?;
            }
        }
    }
    for swap in swaps {
        let Some(name) = swap.strip_suffix(names::SWAP) else {
            continue;
        };
        tracing::info!(dir = %files.dir.display(), name, "finishing an interrupted compaction");
        let from = files.dir.join(swap);
        let renamed = files.disk.rename(&from, &files.dir.join(name));
        renamed.map_err(|error| StorageError::io(&from, error))?;
    }
    files.sync_dir()
}

/// The offset after the last batch of a result that is not in place yet.
fn end_of_swap(
    files: &std::sync::Arc<LogFiles>,
    base: i64,
    swap: &str,
) -> Result<i64, StorageError> {
    use crate::batch_walk::BatchWalk;
    use crate::disk::OpenMode;
    let path = files.dir.join(swap);
    let open = || {
        let file = files.disk.open(&path, OpenMode::Read)?;
        let len = file.len()?;
        Ok((file, len))
    };
    let (file, len) = open().map_err(|error| StorageError::io(&path, error))?;
    let segment = Segment::existing(files.clone(), base, SegmentSizes::default());
    let mut walk = BatchWalk::headers(file, 0, len);
    let mut end = base;
    while let Some((_, header)) = segment.walked(walk.next_header())? {
        end = header.next_offset();
    }
    Ok(end)
}
