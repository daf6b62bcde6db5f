//! Guessing which name was meant.

/// The name nearest to `wrong`, if one is near enough to be what was meant: a
/// third of its letters may differ.
#[must_use]
pub fn closest_name(
    wrong: &str,
    names: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    let limit = wrong.chars().count().div_ceil(3);
    names
        .into_iter()
        .map(|name| (edit_distance(wrong, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// How many letters must be inserted, removed or replaced to get from one to the other.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // The distances from what was read of `a` so far to every beginning of `b`.
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (read, letter) in a.chars().enumerate() {
        let mut diagonal = read;
        let mut left = read + 1;
        for (above, other) in row
            .iter_mut()
            .zip(std::iter::once(None).chain(b.iter().map(Some)))
        {
            let Some(other) = other else {
                *above = left;
                continue;
            };
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = *above;
            left = replaced.min(*above + 1).min(left + 1);
            *above = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::broker_configs;

    #[test]
    fn the_distance_counts_changed_letters() {
        for (a, b, distance) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
            ("ab", "ba", 2),
        ] {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let guess = |wrong| closest_name(wrong, broker_configs().map(|def| def.name));
        assert_eq!(guess("log.retention.hour"), Some("log.retention.hours"));
        assert_eq!(guess("advertised.listener"), Some("advertised.listeners"));
        assert_eq!(guess("num.partition"), Some("num.partitions"));
        assert_eq!(guess("completely.different.thing.altogether"), None);
    }
}
