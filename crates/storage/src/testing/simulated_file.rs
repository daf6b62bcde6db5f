//! One file's bytes: what is readable now and what a crash would leave.

/// A disk writes a sector whole or not at all.
const SECTOR_BYTES: usize = 512;

/// The content of one inode.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// What reads see.
    pub(super) current: Vec<u8>,
    /// What a crash is sure to leave.
    pub(super) synced: Vec<u8>,
    /// The changes since the last sync, oldest first.
    unsynced: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Write { position: usize, bytes: Vec<u8> },
    SetLen(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { position, bytes } => {
                let end = position + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*position..end].copy_from_slice(bytes);
            }
            Self::SetLen(len) => content.resize(*len, 0),
        }
    }

    /// The part of a write that reached the disk before the power went: each
    /// sector on its own, in any order. `random` gives 64 random bits.
    fn tear(&self, content: &mut Vec<u8>, random: &mut impl FnMut() -> u64) {
        let Self::Write { position, bytes } = self else {
            return self.apply(content);
        };
        let mut start = 0;
        while start < bytes.len() {
            let sector_end = (position + start) / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES;
            let end = (sector_end - position).min(bytes.len());
            if random().is_multiple_of(2) {
                let piece = Self::Write {
                    position: position + start,
                    bytes: bytes[start..end].to_vec(),
                };
                piece.apply(content);
            }
            start = end;
        }
    }
}

impl Content {
    pub(super) fn write(&mut self, bytes: &[u8], position: usize) {
        self.change(Change::Write {
            position,
            bytes: bytes.to_vec(),
        });
    }

    pub(super) fn set_len(&mut self, len: usize) {
        self.change(Change::SetLen(len));
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.current);
        self.unsynced.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            change.apply(&mut self.synced);
        }
        debug_assert_eq!(self.synced.len(), self.current.len());
    }

    /// Keeps what was synced, and of the changes since then a random beginning,
    /// the last of it torn.
    pub(super) fn crash(&mut self, random: &mut impl FnMut() -> u64) {
        let changes = std::mem::take(&mut self.unsynced);
        // Half of the crashes keep nothing, the case that catches most mistakes.
        let kept = match random() % 2 {
            0 => 0,
            _ => (random() % (changes.len() as u64 + 1)) as usize,
        };
        for change in &changes[..kept] {
            change.apply(&mut self.synced);
        }
        if let Some(torn) = changes.get(kept)
            && random().is_multiple_of(2)
        {
            torn.tear(&mut self.synced, random);
        }
        self.current.clone_from(&self.synced);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generator(mut seed: u64) -> impl FnMut() -> u64 {
        move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed >> 33
        }
    }

    #[test]
    fn a_crash_keeps_what_was_synced_and_sometimes_loses_the_rest() {
        let mut lost = 0;
        for seed in 0..50 {
            let mut content = Content::default();
            content.write(&[1; 2000], 0);
            content.sync();
            content.write(&[2; 2000], 2000);
            content.crash(&mut generator(seed));
            assert_eq!(&content.current[..2000], &[1; 2000]);
            lost += usize::from(content.current.len() < 4000);
        }
        assert!(lost > 10, "only {lost} of 50 crashes lost anything");
    }

    #[test]
    fn a_write_is_torn_at_sectors() {
        let torn = (0..200).any(|seed| {
            let mut content = Content::default();
            content.write(&[7; 4096], 0);
            content.crash(&mut generator(seed));
            let written = content.current.iter().filter(|&&byte| byte == 7).count();
            assert_eq!(written % SECTOR_BYTES, 0);
            written > 0 && written < 4096
        });
        assert!(torn);
    }

    #[test]
    fn truncation_is_lost_as_well_when_not_synced() {
        let lost = (0..50).any(|seed| {
            let mut content = Content::default();
            content.write(b"abc", 0);
            content.sync();
            content.set_len(1);
            content.crash(&mut generator(seed));
            content.current == b"abc"
        });
        assert!(lost);
    }
}
