//! What must hold of every run, one checker a file. Each takes the events of one partition.

mod acknowledged_durability;
mod answers;
mod offset_order;
mod one_place;
mod watermark_order;

use std::fmt;

use crate::history::{Event, History};

/// Something that must not happen has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub checker: &'static str,
    pub partition: i32,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: partition {}: {}",
            self.checker, self.partition, self.what
        )
    }
}

type Checker = fn(&[Event]) -> Result<(), String>;

const CHECKERS: [(&str, Checker); 5] = [
    ("acknowledged durability", acknowledged_durability::check),
    ("answers", answers::check),
    ("offset order", offset_order::check),
    ("one place", one_place::check),
    ("watermark order", watermark_order::check),
];

/// Runs every checker over every partition's events.
#[must_use]
pub fn check(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (partition, events) in history.by_partition() {
        for (checker, run) in CHECKERS {
            if let Err(what) = run(&events) {
                violations.push(Violation {
                    checker,
                    partition,
                    what,
                });
            }
        }
    }
    violations
}

#[cfg(test)]
mod testing {
    use highwater_types::Offset;

    use crate::history::{Event, Value, Watermarks};

    pub fn value(number: u32) -> Value {
        Value {
            producer: 0,
            number,
        }
    }

    pub fn acknowledged(number: u32, offset: i64) -> Event {
        Event::Acknowledged {
            value: value(number),
            offset: Offset(offset),
        }
    }

    /// A poll from `position` that found these values from there on, without holes.
    pub fn polled(is_final: bool, position: i64, numbers: &[u32]) -> Event {
        let records: Vec<_> = numbers
            .iter()
            .zip(position..)
            .map(|(&number, offset)| (Offset(offset), value(number)))
            .collect();
        let end = Offset(position + records.len() as i64);
        Event::Polled {
            reader: 0,
            position: Offset(position),
            records,
            watermarks: Watermarks {
                log_start: Offset::ZERO,
                last_stable: end,
                high_watermark: end,
            },
            is_final,
        }
    }
}
