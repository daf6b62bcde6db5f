//! One value, one offset; one offset, one value; for all time and all readers.

use std::collections::BTreeMap;

use highwater_types::Offset;

use crate::history::{Event, Value};

pub fn check(events: &[Event]) -> Result<(), String> {
    let mut value_at: BTreeMap<Offset, Value> = BTreeMap::new();
    let mut offset_of: BTreeMap<Value, Offset> = BTreeMap::new();
    let mut seen = |value: Value, offset: Offset| {
        let other = *value_at.entry(offset).or_insert(value);
        if other != value {
            return Err(format!("both {other} and {value} were seen at {offset}"));
        }
        let other = *offset_of.entry(value).or_insert(offset);
        if other != offset {
            return Err(format!("{value} was seen at both {other} and {offset}"));
        }
        Ok(())
    };
    for event in events {
        match event {
            Event::Acknowledged { value, offset } => seen(*value, *offset)?,
            Event::Polled { records, .. } => {
                for (offset, value) in records {
                    seen(*value, *offset)?;
                }
            }
            Event::Impossible { .. } => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{acknowledged, polled};
    use super::*;

    #[test]
    fn a_stable_log_is_fine() {
        let events = [
            acknowledged(1, 0),
            polled(false, 0, &[1, 2]),
            polled(true, 0, &[1, 2, 3]),
        ];
        assert_eq!(check(&events), Ok(()));
    }

    #[test]
    fn a_rewritten_offset_is_found() {
        assert!(check(&[polled(false, 0, &[1]), polled(true, 0, &[2])]).is_err());
    }

    #[test]
    fn a_duplicate_is_found() {
        assert!(check(&[polled(true, 0, &[1, 1])]).is_err());
    }
}
