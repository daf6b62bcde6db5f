//! Offsets ascend by one: no hole, no step back, within a poll and from poll to poll of a reader.

use std::collections::BTreeMap;

use highwater_types::Offset;

use crate::history::Event;

pub fn check(events: &[Event]) -> Result<(), String> {
    // A new reading starts whenever a reader goes back to an earlier position.
    let mut next: BTreeMap<(u32, bool), Offset> = BTreeMap::new();
    for event in events {
        let Event::Polled {
            reader,
            position,
            records,
            watermarks,
            is_final,
        } = event
        else {
            continue;
        };
        let expected = next.entry((*reader, *is_final)).or_insert(*position);
        if *position > *expected {
            return Err(format!(
                "reader {reader} was at {expected} and went on at {position}"
            ));
        }
        *expected = *position;
        for (offset, value) in records {
            // A whole batch is returned even if it begins before the position; the
            // reader drops what it did not ask for, so the first one must be it.
            if offset != expected {
                return Err(format!(
                    "reader {reader} expected {expected} and got {value} at {offset}"
                ));
            }
            *expected = expected.plus(1);
        }
        if *expected > watermarks.high_watermark {
            return Err(format!(
                "reader {reader} got records up to {expected}, above the high watermark {}",
                watermarks.high_watermark
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::polled;
    use super::*;

    #[test]
    fn consecutive_polls_are_fine() {
        assert_eq!(
            check(&[polled(false, 0, &[1, 2]), polled(false, 2, &[3])]),
            Ok(())
        );
    }

    #[test]
    fn a_hole_is_found() {
        let mut hole = polled(false, 0, &[1, 2]);
        if let Event::Polled { records, .. } = &mut hole {
            records[1].0 = Offset(5);
        }
        assert!(check(&[hole]).is_err());
        assert!(check(&[polled(false, 0, &[1]), polled(false, 2, &[3])]).is_err());
    }

    #[test]
    fn a_record_above_the_high_watermark_is_found() {
        let mut early = polled(false, 0, &[1, 2]);
        if let Event::Polled { watermarks, .. } = &mut early {
            watermarks.high_watermark = Offset(1);
        }
        assert!(check(&[early]).is_err());
    }
}
