//! Every acknowledged value is read at the end, at the offset it was acknowledged with.

use std::collections::BTreeMap;

use highwater_types::Offset;

use crate::history::{Event, Value};

pub fn check(events: &[Event]) -> Result<(), String> {
    let mut found: BTreeMap<Value, Offset> = BTreeMap::new();
    for event in events {
        if let Event::Polled {
            records,
            is_final: true,
            ..
        } = event
        {
            found.extend(records.iter().map(|&(offset, value)| (value, offset)));
        }
    }
    for event in events {
        let Event::Acknowledged { value, offset } = *event else {
            continue;
        };
        match found.get(&value) {
            None => return Err(format!("{value} was acknowledged at {offset} and is gone")),
            Some(&other) if other != offset => {
                return Err(format!(
                    "{value} was acknowledged at {offset} and is at {other}"
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{acknowledged, polled};
    use super::*;

    #[test]
    fn what_is_read_back_is_fine() {
        assert_eq!(
            check(&[acknowledged(1, 0), polled(true, 0, &[1, 2])]),
            Ok(())
        );
    }

    #[test]
    fn a_lost_or_moved_value_is_found() {
        assert!(check(&[acknowledged(1, 0), polled(true, 0, &[2])]).is_err());
        assert!(check(&[acknowledged(1, 0), polled(true, 0, &[2, 1])]).is_err());
        // Having been read once does not help if it is gone at the end.
        assert!(check(&[polled(false, 0, &[1]), acknowledged(1, 0)]).is_err());
    }
}
