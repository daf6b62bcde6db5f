//! The syntax of Java's properties files.

/// One name with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    pub name: String,
    pub value: String,
    /// The line on which it begins, from 1.
    pub line: usize,
}

/// Text that is not a properties file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct PropertiesError {
    pub line: usize,
    pub reason: &'static str,
}

/// Reads a properties file: comments, lines continued with a backslash, `=`, `:` or
/// blanks after a name, escapes. A name that occurs twice is given twice, in order.
///
/// # Errors
/// When an escape `\u` is not followed by four hexadecimal digits.
pub fn parse(text: &str) -> Result<Vec<Property>, PropertiesError> {
    logical_lines(text)
        .into_iter()
        .map(|(line, text)| {
            let (name, value) = split_at_separator(&text);
            let unescaped =
                |part| unescape(part).map_err(|reason| PropertiesError { line, reason });
            Ok(Property {
                name: unescaped(name)?,
                value: unescaped(value)?,
                line,
            })
        })
        .collect()
}

/// Joins continued lines and leaves out comments and empty lines; each with the
/// number of its first line.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut unfinished: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start_matches(is_blank);
        if unfinished.is_none() && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let (number, mut joined) = unfinished
            .take()
            .unwrap_or_else(|| (index + 1, String::new()));
        let backslashes = line.chars().rev().take_while(|c| *c == '\\').count();
        if backslashes % 2 == 1 {
            joined.push_str(&line[..line.len() - 1]);
            unfinished = Some((number, joined));
        } else {
            joined.push_str(line);
            lines.push((number, joined));
        }
    }
    lines.extend(unfinished);
    lines
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0c')
}

/// Splits a line behind its name: at the first unescaped blank, `=` or `:`, with
/// blanks around it.
fn split_at_separator(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line
        .char_indices()
        .find(|(_, c)| {
            let ends = !escaped && (is_blank(*c) || matches!(c, '=' | ':'));
            escaped = !escaped && *c == '\\';
            ends
        })
        .map_or(line.len(), |(at, _)| at);
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (name, value.trim_start_matches(is_blank))
}

/// Resolves escapes. `\u` escapes are UTF-16, so two of them can make one character.
fn unescape(text: &str) -> Result<String, &'static str> {
    if !text.contains('\\') {
        return Ok(text.to_owned());
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next() {
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    units.push(code_unit(&digits)?);
                    continue;
                }
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\x0c',
                Some(other) => other,
                None => continue,
            },
            c => c,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    Ok(String::from_utf16_lossy(&units))
}

fn code_unit(digits: &str) -> Result<u16, &'static str> {
    let hexadecimal = digits.len() == 4 && digits.chars().all(|c| c.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16)
        .ok()
        .filter(|_| hexadecimal)
        .ok_or("\\u must be followed by four hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String, usize)> {
        let properties = parse(text).expect("these are properties");
        properties
            .into_iter()
            .map(|property| (property.name, property.value, property.line))
            .collect()
    }

    fn one(text: &str) -> (String, String) {
        let all = read(text);
        assert_eq!(all.len(), 1, "{text:?}");
        let (name, value, _) = all.into_iter().next().expect("one property");
        (name, value)
    }

    #[test]
    fn every_separator_separates() {
        for text in ["a=b", "a:b", "a b", "a  =  b", "  a\t:\tb", "a = b"] {
            assert_eq!(one(text), ("a".into(), "b".into()), "{text:?}");
        }
        assert_eq!(one("a==b"), ("a".into(), "=b".into()));
        assert_eq!(one("a"), ("a".into(), String::new()));
        assert_eq!(one("a= b "), ("a".into(), "b ".into()));
        assert_eq!(one("url=a://b:1"), ("url".into(), "a://b:1".into()));
    }

    #[test]
    fn comments_and_empty_lines_do_not_count() {
        let text = "# a=1\n\n  ! b=2\nc=3 # not a comment\n";
        assert_eq!(read(text), [("c".into(), "3 # not a comment".into(), 4)]);
    }

    #[test]
    fn a_backslash_continues_a_line() {
        let text = "a=1,\\\n   2,\\\n   3\nb=x\\\\\nc=\\\n";
        assert_eq!(
            read(text),
            [
                ("a".into(), "1,2,3".into(), 1),
                ("b".into(), "x\\".into(), 4),
                ("c".into(), String::new(), 5),
            ]
        );
    }

    #[test]
    fn windows_line_ends_are_ends() {
        assert_eq!(
            read("a=1\r\nb=2\r\n"),
            [("a".into(), "1".into(), 1), ("b".into(), "2".into(), 2)]
        );
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(one("a\\ b\\=c=d"), ("a b=c".into(), "d".into()));
        assert_eq!(
            one("a=\\t\\n\\u00e9\\q"),
            ("a".into(), "\t\n\u{e9}q".into())
        );
        assert_eq!(one("a=\\uD83D\\uDE00"), ("a".into(), "\u{1f600}".into()));
        let error = parse("x=1\na=\\u12G4").map_err(|error| error.line);
        assert_eq!(error, Err(2));
    }

    #[test]
    fn a_name_given_twice_is_kept_twice() {
        assert_eq!(read("a=1\na=2").len(), 2);
    }
}
