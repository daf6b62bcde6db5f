//! How long a file may be.

use super::{Problem, SourceFile};

/// Lines without the module of tests.
const LINES_MAX: usize = 500;
/// Lines of a file that is all tests.
const TEST_LINES_MAX: usize = 800;

/// Files that are longer for a reason, with their own limit, which only goes down.
const LONGER: &[(&str, usize)] = &[];

pub fn check(file: &SourceFile, problems: &mut Vec<Problem>) {
    if !file.is_rust() {
        return;
    }
    let (lines, limit) = if file.is_test_code() {
        (file.text.lines().count(), TEST_LINES_MAX)
    } else {
        (file.lines_before_tests().count(), LINES_MAX)
    };
    let own = LONGER.iter().find(|(path, _)| *path == file.path);
    let limit = own.map_or(limit, |(_, lines)| *lines);
    if lines > limit {
        problems.push(file.problem(0, format!("{lines} lines, {limit} are allowed: split it")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, lines: usize) -> usize {
        let file = SourceFile {
            path: path.into(),
            text: "x\n".repeat(lines),
        };
        let mut problems = Vec::new();
        check(&file, &mut problems);
        problems.len()
    }

    #[test]
    fn only_long_rust_files_are_found() {
        assert_eq!(problems("crates/types/src/a.rs", LINES_MAX), 0);
        assert_eq!(problems("crates/types/src/a.rs", LINES_MAX + 1), 1);
        assert_eq!(problems("crates/types/tests/a.rs", LINES_MAX + 1), 0);
        assert_eq!(problems("crates/types/tests/a.rs", TEST_LINES_MAX + 1), 1);
        assert_eq!(problems("docs/a.md", 10_000), 0);
    }
}
