//! What the clients of a run did and saw.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use highwater_types::Offset;
use parking_lot::Mutex;

/// A value that is written at most once per run: producer and running number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    pub producer: u32,
    pub number: u32,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.producer, self.number)
    }
}

impl Value {
    /// Reads a record's value back; `None` for bytes that no producer wrote.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        // What follows the blank pads the record to its size.
        let (producer, number) = text.split(' ').next()?.split_once(':')?;
        Some(Self {
            producer: producer.parse().ok()?,
            number: number.parse().ok()?,
        })
    }
}

/// One thing that a client did or saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The broker acknowledged the value at this offset.
    Acknowledged { value: Value, offset: Offset },
    /// The broker answered something that no correct broker answers here.
    Impossible { what: String },
    /// A fetch by `reader` at `position` returned these records.
    Polled {
        reader: u32,
        position: Offset,
        records: Vec<(Offset, Value)>,
        watermarks: Watermarks,
        /// Whether this belongs to the last reading from the beginning, after all faults.
        is_final: bool,
    },
}

/// A partition's offsets as a fetch response tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    pub log_start: Offset,
    pub last_stable: Offset,
    pub high_watermark: Offset,
}

/// An event with the partition it concerns and the simulated time since the start.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: Duration,
    pub partition: i32,
    pub event: Event,
}

/// The events of a run in the order in which they happened. Shared by its clients.
#[derive(Clone, Default)]
pub struct History {
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl History {
    pub fn record(&self, partition: i32, event: Event) {
        let at = turmoil::sim_elapsed().unwrap_or_default();
        self.entries.lock().push(Entry {
            at,
            partition,
            event,
        });
    }

    /// The events of each partition, in order.
    #[must_use]
    pub fn by_partition(&self) -> BTreeMap<i32, Vec<Event>> {
        let mut partitions: BTreeMap<i32, Vec<Event>> = BTreeMap::new();
        for entry in self.entries.lock().iter() {
            let events = partitions.entry(entry.partition).or_default();
            events.push(entry.event.clone());
        }
        partitions
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.lock().len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.lock().is_empty()
    }

    /// A number that differs, all but certainly, between runs that differ anywhere.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::default();
        for entry in self.entries.lock().iter() {
            digest.write(format!("{entry:?}").as_bytes());
        }
        digest.finish()
    }
}

/// The 64-bit FNV-1a hash: the same on every machine and in every version.
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    pub fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    #[must_use]
    pub fn finish(&self) -> u64 {
        self.0
    }
}
