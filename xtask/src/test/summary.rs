//! Counting tests.

use std::fmt;

use super::stage::Outcome;

/// The sum over stages.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl Summary {
    pub fn add(&mut self, outcome: &Outcome) {
        self.passed += outcome.passed;
        self.failed += outcome.failed;
        self.skipped += outcome.skipped;
    }

    /// Reads the counts that a test program printed: the sum of Rust's result
    /// lines, or else the last line that counts in our own form.
    pub fn of_output(output: &str) -> Outcome {
        let mut sum = Outcome::default();
        let mut found = false;
        for line in output
            .lines()
            .filter(|line| line.starts_with("test result:"))
        {
            found = true;
            sum.passed += number_before(line, "passed").unwrap_or(0);
            sum.failed += number_before(line, "failed").unwrap_or(0);
            sum.skipped += number_before(line, "ignored").unwrap_or(0);
        }
        if found {
            return sum;
        }
        let own = output.lines().rev().find_map(|line| {
            Some(Outcome {
                passed: number_before(line, "passed")?,
                failed: number_before(line, "failed")?,
                skipped: number_before(line, "skipped").unwrap_or(0),
                note: None,
            })
        });
        own.unwrap_or_default()
    }
}

/// The number directly before a word, as in `12 passed`.
fn number_before(line: &str, word: &str) -> Option<usize> {
    let words: Vec<&str> = line
        .split([' ', ',', ';'])
        .filter(|w| !w.is_empty())
        .collect();
    let at = words.iter().position(|each| *each == word)?;
    words.get(at.checked_sub(1)?)?.parse().ok()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(passed: usize, failed: usize, skipped: usize) -> Outcome {
        Outcome {
            passed,
            failed,
            skipped,
            note: None,
        }
    }

    #[test]
    fn rusts_result_lines_are_added_up() {
        let output = "\
running 3 tests
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 1 passed; 2 failed; 4 ignored; 0 measured; 0 filtered out
";
        assert_eq!(Summary::of_output(output), outcome(4, 2, 4));
    }

    #[test]
    fn our_own_last_line_is_read() {
        let output = "1 passed, 9 failed, 0 skipped\nmore\n5 passed, 0 failed, 2 skipped\n";
        assert_eq!(Summary::of_output(output), outcome(5, 0, 2));
        assert_eq!(Summary::of_output("nothing"), Outcome::default());
    }
}
