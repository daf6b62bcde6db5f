//! `highwater produce`.

use anyhow::{Context, Result};
use bytes::Bytes;
use clap::{Args, ValueEnum};
use highwater_platform::{Clock, SystemClock};
use highwater_protocol::record::{Compression, Header};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::text::{from_json, separator};
use super::{client, pairs};
use crate::cli::ClientArguments;
use crate::client::{Acks, Outgoing, Producer};

#[derive(Args)]
#[command(after_help = "Examples:
  echo hello | highwater produce greetings
  echo 'user7:signed in' | highwater produce events --key-separator :
  echo '{\"key\": \"k\", \"value\": \"v\"}' | highwater produce events --json")]
pub struct ProduceArguments {
    /// The topic, which the broker creates if its configuration says so.
    topic: String,
    /// What separates a line's key from its value; without it records have no key.
    #[arg(long, short = 'k', value_name = "TEXT")]
    key_separator: Option<String>,
    /// A header for every record; may be repeated.
    #[arg(long = "header", short = 'H', value_name = "NAME=VALUE")]
    headers: Vec<String>,
    /// Writes to this partition; without it the key decides.
    #[arg(long, short, value_name = "N")]
    partition: Option<i32>,
    /// How batches are compressed.
    #[arg(long, short = 'z', value_enum, default_value_t = Codec::None)]
    compression: Codec,
    /// When a record counts as written.
    #[arg(long, value_enum, default_value_t = AcksArgument::All)]
    acks: AcksArgument,
    /// Reads each line as JSON with key, value, headers, partition and timestamp, as
    /// `consume --json` prints it.
    #[arg(long, conflicts_with = "key_separator")]
    json: bool,
    #[command(flatten)]
    client: ClientArguments,
}

#[derive(Clone, Copy, ValueEnum)]
enum Codec {
    None,
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

#[derive(Clone, Copy, ValueEnum)]
enum AcksArgument {
    /// When every in-sync replica has it on disk.
    All,
    /// When the leader has it.
    #[value(name = "1")]
    Leader,
    /// At once, without an answer.
    #[value(name = "0")]
    None,
}

impl From<Codec> for Compression {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::None => Self::None,
            Codec::Gzip => Self::Gzip,
            Codec::Snappy => Self::Snappy,
            Codec::Lz4 => Self::Lz4,
            Codec::Zstd => Self::Zstd,
        }
    }
}

impl From<AcksArgument> for Acks {
    fn from(acks: AcksArgument) -> Self {
        match acks {
            AcksArgument::All => Self::All,
            AcksArgument::Leader => Self::Leader,
            AcksArgument::None => Self::None,
        }
    }
}

pub async fn run(arguments: ProduceArguments) -> Result<()> {
    let form = LineForm::new(&arguments)?;
    let mut client = client(&arguments.client);
    let (acks, codec) = (arguments.acks.into(), arguments.compression.into());
    let mut producer = Producer::new(&mut client, &arguments.topic, acks, codec).await?;
    let mut input = BufReader::with_capacity(256 << 10, tokio::io::stdin());
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).await? == 0 {
            break;
        }
        number += 1;
        while line
            .last()
            .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
        {
            line.pop();
        }
        let record = form.read(&line).with_context(|| format!("line {number}"))?;
        producer.send(&mut client, &record).await?;
        // A person who types wants each line to go; a pipe has more at hand.
        if !has_more(&input) {
            producer.flush(&mut client).await?;
        }
    }
    producer.flush(&mut client).await?;
    Ok(())
}

/// Whether another whole line was read ahead.
fn has_more<R: AsyncRead>(input: &BufReader<R>) -> bool {
    input.buffer().contains(&b'\n')
}

/// How a line becomes a record.
struct LineForm {
    json: bool,
    key_separator: Option<String>,
    headers: Vec<Header>,
    partition: Option<i32>,
}

impl LineForm {
    fn new(arguments: &ProduceArguments) -> Result<Self> {
        let header = |(key, value): (String, String)| Header {
            key,
            value: Some(Bytes::from(value.into_bytes())),
        };
        let headers = pairs(&arguments.headers, "--header")?;
        Ok(Self {
            json: arguments.json,
            key_separator: arguments.key_separator.as_deref().map(separator),
            headers: headers.into_iter().map(header).collect(),
            partition: arguments.partition,
        })
    }

    fn read(&self, line: &[u8]) -> Result<Outgoing> {
        let mut record = Outgoing {
            headers: self.headers.clone(),
            timestamp: SystemClock.now().get(),
            partition: self.partition,
            ..Outgoing::default()
        };
        match &self.key_separator {
            _ if self.json => read_json(line, &mut record)?,
            None => record.value = Some(Bytes::copy_from_slice(line)),
            Some(separator) => {
                let at = find(line, separator.as_bytes())
                    .with_context(|| format!("there is no key: no {separator:?}"))?;
                record.key = Some(Bytes::copy_from_slice(&line[..at]));
                record.value = Some(Bytes::copy_from_slice(&line[at + separator.len()..]));
            }
        }
        Ok(record)
    }
}

fn find(line: &[u8], separator: &[u8]) -> Option<usize> {
    if separator.is_empty() {
        return None;
    }
    line.windows(separator.len())
        .position(|window| window == separator)
}

fn read_json(line: &[u8], record: &mut Outgoing) -> Result<()> {
    let object: Value = serde_json::from_slice(line).context("this is not JSON")?;
    let bytes = |value: &Value| from_json(value).map_err(anyhow::Error::msg);
    record.key = bytes(&object["key"])?;
    record.value = bytes(&object["value"])?;
    if let Some(timestamp) = object["timestamp"].as_i64() {
        record.timestamp = timestamp;
    }
    if let Some(partition) = object["partition"].as_i64() {
        record.partition = Some(i32::try_from(partition).context("partition")?);
    }
    for header in object["headers"].as_array().into_iter().flatten() {
        record.headers.push(Header {
            key: header["key"].as_str().unwrap_or_default().to_owned(),
            value: bytes(&header["value"])?,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(json: bool, key_separator: Option<&str>) -> LineForm {
        LineForm {
            json,
            key_separator: key_separator.map(str::to_owned),
            headers: Vec::new(),
            partition: None,
        }
    }

    fn read(form: &LineForm, line: &str) -> (Option<Bytes>, Option<Bytes>) {
        let record = form.read(line.as_bytes()).expect("a record");
        (record.key, record.value)
    }

    #[test]
    fn a_line_is_a_value_or_a_key_and_a_value() {
        assert_eq!(read(&form(false, None), "a:b"), (None, Some("a:b".into())));
        let with_key = form(false, Some("::"));
        let expected = (Some("a".into()), Some("b::c".into()));
        assert_eq!(read(&with_key, "a::b::c"), expected);
        assert!(with_key.read(b"no key").is_err());
    }

    #[test]
    fn a_json_line_has_all_parts() {
        let line = br#"{"key":null,"value":"v","timestamp":5,"partition":2,
            "headers":[{"key":"h","value":{"base64":"/w=="}}]}"#;
        let record = form(true, None).read(line).expect("a record");
        assert_eq!(record.key, None);
        assert_eq!(record.value, Some("v".into()));
        assert_eq!((record.timestamp, record.partition), (5, Some(2)));
        assert_eq!(record.headers[0].value.as_deref(), Some(&[0xff][..]));
        assert!(form(true, None).read(b"{").is_err());
    }
}
