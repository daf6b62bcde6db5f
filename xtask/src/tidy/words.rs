//! Words that must not be in the source.

use super::{Problem, SourceFile};

/// A word that Rust code may use in some places only.
struct Rule {
    word: &'static str,
    why: &'static str,
    /// Beginnings of the paths where it is fine.
    allowed_in: &'static [&'static str],
}

/// The real forms of the ports, and programs that are not part of a node.
const PORTS: &[&str] = &["crates/platform/src/", "xtask/", "tests/"];
const DISK_PORTS: &[&str] = &[
    "crates/storage/src/disk",
    // Reads its configuration before there is a node.
    "crates/server/src/",
    "xtask/",
    "tests/",
    "crates/simulation/src/",
];
const NOWHERE: &[&str] = &[];

const RULES: &[Rule] = &[
    rule(
        "Instant::now",
        "time comes from tokio or is an argument",
        PORTS,
    ),
    rule(
        "SystemTime::now",
        "the time of day comes from `Clock`",
        PORTS,
    ),
    rule("std::fs", "files are reached through `Disk`", DISK_PORTS),
    rule("tokio::fs", "files are reached through `Disk`", NOWHERE),
    rule("tokio::net", "sockets come from `Network`", PORTS),
    rule("std::net::Tcp", "sockets come from `Network`", PORTS),
    rule("rand::", "random numbers come from `Entropy`", PORTS),
    rule("thread::spawn", "blocking work goes to `Offload`", PORTS),
    rule("thread::Builder", "blocking work goes to `Offload`", PORTS),
    rule("spawn_blocking", "blocking work goes to `Offload`", PORTS),
    rule("todo!(", "unfinished code is not committed", NOWHERE),
    rule(
        "unimplemented!(",
        "unfinished code is not committed",
        NOWHERE,
    ),
    rule("dbg!(", "for the moment of debugging only", NOWHERE),
];

/// Folders of one machine, which are nowhere else.
const MACHINE_PATHS: &[&str] = &["/home/", "/root/", "/Users/"];

const fn rule(word: &'static str, why: &'static str, allowed_in: &'static [&'static str]) -> Rule {
    Rule {
        word,
        why,
        allowed_in,
    }
}

pub fn check(file: &SourceFile, problems: &mut Vec<Problem>) {
    if file.path.starts_with("xtask/src/tidy/") {
        return;
    }
    check_machine_paths(file, problems);
    if !file.is_rust() || file.is_test_code() {
        return;
    }
    let lines: Vec<(usize, &str)> = file.lines_before_tests().collect();
    for (number, line) in &lines {
        let code = line.split("//").next().unwrap_or_default();
        for rule in RULES {
            let allowed = rule
                .allowed_in
                .iter()
                .any(|path| file.path.starts_with(path));
            if !allowed && contains_word(code, rule.word) && !is_tokios(file, rule.word) {
                let text = format!("`{}` is not allowed here: {}", rule.word, rule.why);
                problems.push(file.problem(*number, text));
            }
        }
    }
    check_select(file, &lines, problems);
}

/// Tokio's clock has the same name as the system's, and is fine: a simulation
/// controls it.
fn is_tokios(file: &SourceFile, word: &str) -> bool {
    word == "Instant::now"
        && file.text.contains("tokio::time")
        && !file
            .text
            .lines()
            .any(|line| line.contains("std::time") && contains_word(line, "Instant"))
}

/// Whether `word` occurs in `code` and does not begin within another word.
fn contains_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// An unbiased `select!` draws its order at random.
fn check_select(file: &SourceFile, lines: &[(usize, &str)], problems: &mut Vec<Problem>) {
    for (index, (number, line)) in lines.iter().enumerate() {
        if !line.contains("select! {") || line.trim_start().starts_with("//") {
            continue;
        }
        let next = lines.get(index + 1).map_or("", |(_, next)| next.trim());
        if next != "biased;" && !line.contains("select! { biased;") {
            problems.push(file.problem(*number, "`select!` must begin with `biased;`"));
        }
    }
}

fn check_machine_paths(file: &SourceFile, problems: &mut Vec<Problem>) {
    if file.path == "Cargo.lock" {
        return;
    }
    for (index, line) in file.text.lines().enumerate() {
        for path in MACHINE_PATHS {
            let found = line.match_indices(path).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|c| matches!(c, ' ' | '"' | '\'' | '`' | '(' | '=' | ':'))
            });
            if found {
                problems.push(file.problem(index + 1, format!("a path of one machine: {path}")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    fn found(path: &str, text: &str) -> Vec<usize> {
        let file = SourceFile {
            path: path.into(),
            text: text.into(),
        };
        let mut problems = Vec::new();
        check(&file, &mut problems);
        problems.into_iter().map(|problem| problem.line).collect()
    }

    #[test]
    fn words_are_found_where_they_are_not_allowed() {
        let text = "fn f() {\n    let t = Instant::now();\n}\n";
        assert_eq!(found("crates/broker/src/a.rs", text), [2]);
        assert_eq!(found("crates/platform/src/a.rs", text), NONE);
        let tokios = format!("use tokio::time::Instant;\n{text}");
        assert_eq!(found("crates/broker/src/a.rs", &tokios), NONE);
        assert_eq!(found("crates/broker/tests/a.rs", text), NONE);
        assert_eq!(found("crates/broker/src/a.rs", "// Instant::now\n"), NONE);
        assert_eq!(found("crates/broker/src/a.rs", "operand::x()\n"), NONE);
        assert_eq!(found("crates/broker/src/a.rs", "use rand::x;\n"), [1]);
    }

    #[test]
    fn select_must_be_biased() {
        let text = "tokio::select! {\n    biased;\n}\ntokio::select! {\n    a => {}\n}\n";
        assert_eq!(found("crates/broker/src/a.rs", text), [4]);
    }

    #[test]
    fn paths_of_one_machine_are_found_in_any_file() {
        let path = ["/ho", "me/someone/x"].concat();
        assert_eq!(found("docs/a.md", &format!("see `{path}`\n")), [1]);
        assert_eq!(
            found("docs/a.md", &format!("https://example.org{path}\n")),
            NONE
        );
    }
}
