//! Every answer is one that a correct broker can give: no valid batch is refused for
//! good, and no offset that was handed out is out of range.

use crate::history::Event;

pub fn check(events: &[Event]) -> Result<(), String> {
    let impossible = events.iter().find_map(|event| match event {
        Event::Impossible { what } => Some(what.clone()),
        Event::Acknowledged { .. } | Event::Polled { .. } => None,
    });
    impossible.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::super::testing::acknowledged;
    use super::*;

    #[test]
    fn an_impossible_answer_is_found() {
        let what = "out of range".to_string();
        assert_eq!(check(&[acknowledged(1, 0)]), Ok(()));
        assert!(check(&[acknowledged(1, 0), Event::Impossible { what }]).is_err());
    }
}
