//! Small files that are there as a whole or not at all.

use std::io;
use std::path::Path;
use std::sync::Arc;

use highwater_platform::Offload;
use highwater_storage::{Disk, OpenMode};

/// Replaces a file: when this returns the new content is on stable storage, and a crash
/// at any time leaves the old or the new one.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, content: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let file = disk.open(&part, OpenMode::Create)?;
    file.set_len(0)?;
    file.write_all_at(content, 0)?;
    file.sync_data()?;
    drop(file);
    disk.rename(&part, path)?;
    match path.parent() {
        Some(parent) => disk.sync_dir(parent),
        None => Ok(()),
    }
}

/// A whole file; `None` if there is none.
pub(crate) fn read(disk: &dyn Disk, path: &Path) -> io::Result<Option<Vec<u8>>> {
    if !disk.exists(path)? {
        return Ok(None);
    }
    let file = disk.open(path, OpenMode::Read)?;
    let length = usize::try_from(file.len()?).map_err(io::Error::other)?;
    let mut content = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut content[filled..], filled as u64)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(Some(content))
}

/// Runs blocking work elsewhere and waits for it without blocking.
pub(crate) async fn offloaded<T: Send + 'static>(
    offload: &Arc<dyn Offload>,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (done, result) = tokio::sync::oneshot::channel();
    offload.run(Box::new(move || {
        // Whoever waited may be gone, with the node.
        let _ = done.send(work());
    }));
    result
        .await
        .unwrap_or_else(|_| Err(io::Error::other("offloaded work was dropped")))
}
