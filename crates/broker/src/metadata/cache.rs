//! The cluster's metadata, for everyone in this broker.

use std::sync::Arc;

use arc_swap::ArcSwap;
use highwater_metadata::MetadataImage;
use highwater_types::Offset;
use tokio::sync::watch;

/// The newest image that this broker has taken up. Reading is one atomic
/// operation; only the loader publishes.
///
/// What an image assigns to this broker has been passed to the replica manager
/// before the image is published, so whoever sees a partition here finds it there.
pub(crate) struct MetadataCache {
    image: ArcSwap<MetadataImage>,
    last_offset: watch::Sender<Offset>,
}

impl Default for MetadataCache {
    /// Of a broker that knows nothing yet.
    fn default() -> Self {
        Self {
            image: ArcSwap::from_pointee(MetadataImage::empty()),
            last_offset: watch::Sender::new(Offset::NONE),
        }
    }
}

impl MetadataCache {
    /// The newest image.
    pub(crate) fn image(&self) -> Arc<MetadataImage> {
        self.image.load_full()
    }

    pub(super) fn publish(&self, image: MetadataImage) {
        let last_offset = image.last_offset();
        self.image.store(Arc::new(image));
        self.last_offset.send_replace(last_offset);
    }

    /// Follows the offset of the newest image's last record.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Offset> {
        self.last_offset.subscribe()
    }

    /// Waits until an image satisfies `wanted`, and returns it. Has no deadline:
    /// callers set one.
    pub(crate) async fn wait_for(
        &self,
        wanted: impl Fn(&MetadataImage) -> bool,
    ) -> Arc<MetadataImage> {
        let mut offsets = self.subscribe();
        loop {
            offsets.mark_unchanged();
            let image = self.image();
            if wanted(&image) {
                return image;
            }
            // Can not fail: the sender is in `self`.
            let _ = offsets.changed().await;
        }
    }
}
