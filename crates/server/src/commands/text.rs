//! Bytes as text and back.

use bytes::Bytes;
use serde_json::{Value, json};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes in JSON: a string if they are UTF-8, else `{"base64": "…"}`; null for none.
pub fn to_json(bytes: Option<&Bytes>) -> Value {
    match bytes {
        None => Value::Null,
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => json!(text),
            Err(_) => json!({ "base64": to_base64(bytes) }),
        },
    }
}

/// Reads what [`to_json`] wrote. Other JSON stands for its own text, so that a
/// record's value can be given as an object.
///
/// # Errors
/// When there is `base64` that is none.
pub fn from_json(value: &Value) -> Result<Option<Bytes>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(Bytes::from(text.clone().into_bytes()))),
        Value::Object(object) if object.len() == 1 && object.contains_key("base64") => {
            let text = object
                .get("base64")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let bytes = from_base64(text).ok_or_else(|| format!("{text} is not base64"))?;
            Ok(Some(Bytes::from(bytes)))
        }
        other => Ok(Some(Bytes::from(other.to_string().into_bytes()))),
    }
}

/// Base64 with padding. RFC 4648.
fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0usize, |word, index| {
            word << 8 | usize::from(chunk.get(index).copied().unwrap_or_default())
        });
        for digit in 0..4 {
            if digit <= chunk.len() {
                text.push(char::from(ALPHABET[word >> (18 - 6 * digit) & 0x3f]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for chunk in digits.as_bytes().chunks(4) {
        if chunk.len() == 1 {
            return None;
        }
        let mut word = 0u32;
        for index in 0..4 {
            let digit = match chunk.get(index) {
                Some(byte) => ALPHABET.iter().position(|letter| letter == byte)?,
                None => 0,
            };
            word = word << 6 | u32::try_from(digit).ok()?;
        }
        bytes.extend_from_slice(&word.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}

/// Resolves `\t`, `\n`, `\\` and `\0` in a separator given on the command line.
pub fn separator(text: &str) -> String {
    text.replace("\\\\", "\u{0}")
        .replace("\\t", "\t")
        .replace("\\n", "\n")
        .replace('\u{0}', "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_follows_the_vectors_of_its_rfc() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(to_base64(plain.as_bytes()), encoded);
            assert_eq!(from_base64(encoded).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(from_base64("Zg=!"), None);
        assert_eq!(from_base64("Z"), None);
    }

    #[test]
    fn all_bytes_survive_json() {
        for bytes in [
            None,
            Some(Bytes::from_static(b"")),
            Some(Bytes::from_static("gr\u{fc}n".as_bytes())),
            Some(Bytes::from_static(&[0xff, 0, 0x80])),
        ] {
            assert_eq!(from_json(&to_json(bytes.as_ref())), Ok(bytes));
        }
    }

    #[test]
    fn separators_have_escapes() {
        assert_eq!(separator("\\t"), "\t");
        assert_eq!(separator("\\\\t"), "\\t");
        assert_eq!(separator(":"), ":");
    }
}
