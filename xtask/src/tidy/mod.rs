//! Small rules about the source that no compiler knows.

mod docs;
mod files;
mod length;
mod words;

use anyhow::Result;

use crate::workspace;

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    /// Relative to the repository's root.
    path: String,
    /// From 1; 0 for the file as a whole.
    line: usize,
    text: String,
}

/// A file of the repository.
struct SourceFile {
    /// Relative to the repository's root, with forward slashes.
    path: String,
    text: String,
}

pub fn run() -> Result<()> {
    let files = files::tracked(&workspace::root())?;
    let problems = check(&files);
    for Problem { path, line, text } in &problems {
        println!("{path}:{line}: {text}");
    }
    anyhow::ensure!(problems.is_empty(), "{} things to tidy", problems.len());
    Ok(())
}

fn check(files: &[SourceFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in files {
        length::check(file, &mut problems);
        words::check(file, &mut problems);
    }
    docs::check(files, &mut problems);
    problems.sort();
    problems
}

impl SourceFile {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the whole file is there for tests.
    fn is_test_code(&self) -> bool {
        let parts: Vec<&str> = self.path.split('/').collect();
        parts.contains(&"tests")
            || parts.contains(&"benches")
            || parts.contains(&"fuzz")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
    }

    /// The lines with their numbers up to the module of tests, which stands last.
    fn lines_before_tests(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines.windows(2).position(|pair| {
            pair[0].trim() == "#[cfg(test)]"
                && pair[1].trim_start().starts_with("mod ")
                && pair[1].trim_end().ends_with('{')
        });
        let end = tests.unwrap_or(lines.len());
        lines
            .into_iter()
            .take(end)
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    fn problem(&self, line: usize, text: impl Into<String>) -> Problem {
        Problem {
            path: self.path.clone(),
            line,
            text: text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_of_tests_is_not_looked_at() {
        let file = SourceFile {
            path: "crates/types/src/a.rs".into(),
            text: "one\n#[cfg(test)]\nmod tests {\n  dbg!(1)\n}\n".into(),
        };
        let lines: Vec<_> = file.lines_before_tests().collect();
        assert_eq!(lines, [(1, "one")]);
    }
}
