//! The documentation: links lead somewhere, decisions are numbered.

use std::collections::BTreeSet;

use super::{Problem, SourceFile};

const DECISIONS: &str = "docs/decisions/";

pub fn check(files: &[SourceFile], problems: &mut Vec<Problem>) {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        check_links(file, &paths, problems);
    }
    check_numbers(files, problems);
}

/// Links to files of the repository, as `[text](path#anchor)`.
fn check_links(file: &SourceFile, paths: &BTreeSet<&str>, problems: &mut Vec<Problem>) {
    for (index, line) in file.text.lines().enumerate() {
        for target in link_targets(line) {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
                continue;
            }
            let resolved = resolve(&file.path, path);
            let is_folder = paths
                .iter()
                .any(|known| known.starts_with(&format!("{}/", resolved.trim_end_matches('/'))));
            if !paths.contains(resolved.as_str()) && !is_folder {
                problems
                    .push(file.problem(index + 1, format!("this link leads nowhere: {target}")));
            }
        }
    }
}

fn link_targets(line: &str) -> Vec<&str> {
    line.match_indices("](")
        .filter_map(|(at, opening)| line[at + opening.len()..].split_once(')'))
        .map(|(target, _)| target.trim())
        .collect()
}

/// A link's path seen from the root: `docs/a.md` with `../x` is `x`.
fn resolve(file: &str, link: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    if link.starts_with('/') {
        parts.clear();
    }
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Decisions are `NNNN-title.md`, from 0001 on, each number once.
fn check_numbers(files: &[SourceFile], problems: &mut Vec<Problem>) {
    let mut expected = 1;
    for file in files {
        let Some(name) = file.path.strip_prefix(DECISIONS) else {
            continue;
        };
        if name == "README.md" {
            continue;
        }
        let number = name.get(..4).and_then(|digits| digits.parse::<u32>().ok());
        if number != Some(expected) || name.get(4..5) != Some("-") {
            problems.push(file.problem(0, format!("its name should begin with {expected:04}-")));
        }
        expected += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<SourceFile> = files
            .iter()
            .map(|(path, text)| SourceFile {
                path: (*path).into(),
                text: (*text).into(),
            })
            .collect();
        let mut problems = Vec::new();
        check(&files, &mut problems);
        problems.into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn a_dead_link_is_found() {
        let text = "[a](b.md) [c](../x/y.rs#L1) [d](https://e.org) [f](#g)";
        let files = [("docs/a.md", text), ("docs/b.md", ""), ("x/y.rs", "")];
        assert_eq!(found(&files), Vec::<String>::new());
        assert_eq!(found(&files[..2]), ["docs/a.md"]);
    }

    #[test]
    fn decisions_are_numbered_without_holes() {
        let first = ("docs/decisions/0001-a.md", "");
        let third = ("docs/decisions/0003-c.md", "");
        assert_eq!(found(&[first]), Vec::<String>::new());
        assert_eq!(found(&[first, third]), ["docs/decisions/0003-c.md"]);
    }
}
