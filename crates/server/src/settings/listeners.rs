//! Addresses with a listener's name, as in `PLAINTEXT://host:9092`.

use std::collections::{BTreeMap, BTreeSet};

/// One `NAME://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// In upper case, as Kafka compares names.
    pub name: String,
    /// Empty for all interfaces; an IPv6 address without brackets.
    pub host: String,
    pub port: u16,
}

/// Security protocols that Kafka knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityProtocol {
    Plaintext,
    Ssl,
    SaslPlaintext,
    SaslSsl,
}

impl SecurityProtocol {
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "PLAINTEXT" => Some(Self::Plaintext),
            "SSL" => Some(Self::Ssl),
            "SASL_PLAINTEXT" => Some(Self::SaslPlaintext),
            "SASL_SSL" => Some(Self::SaslSsl),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }
}

/// Reads one endpoint.
///
/// # Errors
/// The reason, for people.
pub fn parse_endpoint(text: &str) -> Result<Endpoint, String> {
    let wrong = || format!("{text} should read NAME://host:port");
    let (name, address) = text.split_once("://").ok_or_else(wrong)?;
    let (host, port) = split_address(text, address, wrong)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(wrong());
    }
    Ok(Endpoint {
        name: name.to_uppercase(),
        host: host.to_owned(),
        port,
    })
}

/// Reads a `host:port` that others are connected to, so that the host is not empty.
///
/// # Errors
/// The reason, for people.
pub fn parse_address(text: &str) -> Result<(String, u16), String> {
    let wrong = || format!("{text} should read host:port");
    let (host, port) = split_address(text, text, wrong)?;
    if host.is_empty() {
        return Err(wrong());
    }
    Ok((host.to_owned(), port))
}

/// Host and port of `address`, which is all or the end of `text`.
fn split_address<'a>(
    text: &str,
    address: &'a str,
    wrong: impl Fn() -> String,
) -> Result<(&'a str, u16), String> {
    let (host, port) = address.rsplit_once(':').ok_or_else(&wrong)?;
    let port = port
        .parse()
        .map_err(|_| format!("{text}: the port must be a number from 0 to 65535"))?;
    let host = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.strip_suffix(']').ok_or_else(&wrong)?,
        None if host.contains(':') => {
            return Err(format!("{text}: an IPv6 address stands in brackets"));
        }
        None => host,
    };
    Ok((host, port))
}

/// Reads a list of endpoints, whose names must differ.
///
/// # Errors
/// The reason, for people.
pub fn parse_endpoints(items: &[String]) -> Result<Vec<Endpoint>, String> {
    let endpoints: Vec<Endpoint> = items
        .iter()
        .map(|item| parse_endpoint(item))
        .collect::<Result<_, _>>()?;
    let mut names = BTreeSet::new();
    match endpoints
        .iter()
        .find(|endpoint| !names.insert(&endpoint.name))
    {
        Some(twice) => Err(format!("the name {} is there twice", twice.name)),
        None => Ok(endpoints),
    }
}

/// Reads `listener.security.protocol.map`.
///
/// # Errors
/// The reason, for people.
pub fn parse_protocol_map(text: &str) -> Result<BTreeMap<String, SecurityProtocol>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let (name, protocol) = entry
                .rsplit_once(':')
                .ok_or_else(|| format!("{entry} should read NAME:PROTOCOL"))?;
            let protocol = SecurityProtocol::from_name(protocol.trim().to_uppercase().as_str())
                .ok_or_else(|| {
                    format!(
                        "{entry}: the protocol is one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"
                    )
                })?;
            Ok((name.trim().to_uppercase(), protocol))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_every_form_are_read() {
        for (text, name, host, port) in [
            ("PLAINTEXT://:9092", "PLAINTEXT", "", 9092),
            ("internal://a.b-c:1", "INTERNAL", "a.b-c", 1),
            ("X://[::1]:0", "X", "::1", 0),
        ] {
            let expected = Endpoint {
                name: name.into(),
                host: host.into(),
                port,
            };
            assert_eq!(parse_endpoint(text), Ok(expected));
        }
        for text in [
            "",
            "a:1",
            "X://a",
            "X://a:b",
            "X://a:65536",
            "X://::1:2",
            "://a:1",
            "X://[a:1",
        ] {
            assert!(parse_endpoint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_used_once() {
        let items = ["A://:1".to_owned(), "a://:2".to_owned()];
        assert!(parse_endpoints(&items).is_err());
    }

    #[test]
    fn the_protocol_map_is_read() {
        let map = parse_protocol_map("a:PLAINTEXT, B:sasl_ssl");
        let expected = [
            ("A".to_owned(), SecurityProtocol::Plaintext),
            ("B".to_owned(), SecurityProtocol::SaslSsl),
        ];
        assert_eq!(map, Ok(expected.into_iter().collect()));
        assert!(parse_protocol_map("A:TLS").is_err());
    }
}
