//! Log start ≤ last stable ≤ high watermark, and none of them ever goes back.
//!
//! The high watermark may not go back even over a crash: it never passes what is
//! flushed, and what is flushed survives. Compared within each reader, because the
//! answers to two readers may overtake each other on the network.

use std::collections::BTreeMap;

use crate::history::Event;

pub fn check(events: &[Event]) -> Result<(), String> {
    let mut last = BTreeMap::new();
    for event in events {
        let Event::Polled {
            reader, watermarks, ..
        } = event
        else {
            continue;
        };
        let now = *watermarks;
        if now.log_start > now.last_stable || now.last_stable > now.high_watermark {
            return Err(format!("out of order: {now:?}"));
        }
        let before = last.insert(*reader, now).unwrap_or(now);
        let went_back = now.log_start < before.log_start
            || now.last_stable < before.last_stable
            || now.high_watermark < before.high_watermark;
        if went_back {
            return Err(format!("went back from {before:?} to {now:?}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use highwater_types::Offset;

    use super::super::testing::polled;
    use super::*;

    #[test]
    fn ascending_watermarks_are_fine() {
        assert_eq!(
            check(&[polled(false, 0, &[1]), polled(false, 1, &[2])]),
            Ok(())
        );
    }

    #[test]
    fn a_step_back_is_found() {
        assert!(check(&[polled(false, 0, &[1, 2]), polled(false, 0, &[1])]).is_err());
    }

    #[test]
    fn a_wrong_order_is_found() {
        let mut wrong = polled(false, 0, &[1]);
        if let Event::Polled { watermarks, .. } = &mut wrong {
            watermarks.last_stable = Offset(9);
        }
        assert!(check(&[wrong]).is_err());
    }
}
