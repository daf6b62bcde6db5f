//! `highwater consume`.

use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result};
use clap::Args;
use highwater_protocol::record::Record;
use serde_json::json;

use super::client;
use super::text::{separator, to_json};
use crate::cli::ClientArguments;
use crate::client::{Client, Consumed, Consumer, Start};

#[derive(Args)]
#[command(after_help = "Examples:
  highwater consume events
  highwater consume events --from end --json
  highwater consume events --partition 0 --offset 100 --max-messages 10")]
pub struct ConsumeArguments {
    /// The topic.
    topic: String,
    /// Where to begin: beginning, end, or a time in milliseconds since 1970 (UTC).
    #[arg(long, short, value_name = "WHERE", default_value = "beginning")]
    from: String,
    /// Begins at this offset instead.
    #[arg(long, short, value_name = "N", conflicts_with = "from")]
    offset: Option<i64>,
    /// Reads this partition alone.
    #[arg(long, short, value_name = "N")]
    partition: Option<i32>,
    /// Stops after so many records; without it, goes on until it is interrupted.
    #[arg(long, short = 'n', value_name = "N")]
    max_messages: Option<usize>,
    /// Stops where the topic ended when it was asked.
    #[arg(long, short)]
    exit_at_end: bool,
    /// Prints keys before values, with this between them.
    #[arg(long, short, value_name = "TEXT")]
    key_separator: Option<String>,
    /// Prints headers before keys and values.
    #[arg(long, short = 'H')]
    headers: bool,
    /// Prints one JSON object for each record, with everything that it has.
    #[arg(long, conflicts_with_all = ["key_separator", "headers"])]
    json: bool,
    #[command(flatten)]
    client: ClientArguments,
}

pub async fn run(arguments: ConsumeArguments) -> Result<()> {
    let start = start(&arguments)?;
    let mut client = client(&arguments.client);
    let consumer = Consumer::new(&mut client, &arguments.topic, arguments.partition, start).await?;
    let output = BufWriter::new(io::stdout().lock());
    copy(&mut client, consumer, &arguments, output).await
}

fn start(arguments: &ConsumeArguments) -> Result<Start> {
    if let Some(offset) = arguments.offset {
        return Ok(Start::Offset(offset));
    }
    match arguments.from.as_str() {
        "beginning" => Ok(Start::Beginning),
        "end" => Ok(Start::End),
        time => {
            let time: i64 = time
                .parse()
                .ok()
                .filter(|time| *time >= 0)
                .with_context(|| {
                    format!("--from {time}: it should be beginning, end or a time in milliseconds")
                })?;
            Ok(Start::Timestamp(time))
        }
    }
}

async fn copy(
    client: &mut Client,
    mut consumer: Consumer,
    arguments: &ConsumeArguments,
    mut output: impl Write,
) -> Result<()> {
    let ends = match arguments.exit_at_end {
        true => Some(consumer.end_offsets(client).await?),
        false => None,
    };
    let mut left = arguments.max_messages.unwrap_or(usize::MAX);
    let format = Format::new(arguments);
    while left > 0 {
        let at_end = ends.as_ref().is_some_and(|ends| {
            let mut positions = consumer.positions().iter();
            positions
                .all(|(partition, position)| ends.get(partition).is_none_or(|end| position >= end))
        });
        if at_end {
            break;
        }
        for consumed in consumer.poll(client).await?.iter().take(left) {
            format.write(consumed, &mut output)?;
            left -= 1;
        }
        output.flush()?;
    }
    Ok(())
}

/// How a record becomes a line.
struct Format {
    topic: String,
    json: bool,
    key_separator: Option<String>,
    headers: bool,
}

impl Format {
    fn new(arguments: &ConsumeArguments) -> Self {
        Self {
            topic: arguments.topic.clone(),
            json: arguments.json,
            key_separator: arguments.key_separator.as_deref().map(separator),
            headers: arguments.headers,
        }
    }

    fn write(&self, consumed: &Consumed, output: &mut impl Write) -> io::Result<()> {
        let record = &consumed.record;
        if self.json {
            return writeln!(output, "{}", self.to_json(consumed));
        }
        if self.headers {
            for header in &record.headers {
                write!(output, "{}=", header.key)?;
                output.write_all(header.value.as_deref().unwrap_or_default())?;
                output.write_all(b"\t")?;
            }
        }
        if let Some(separator) = &self.key_separator {
            output.write_all(record.key.as_deref().unwrap_or_default())?;
            output.write_all(separator.as_bytes())?;
        }
        output.write_all(record.value.as_deref().unwrap_or_default())?;
        output.write_all(b"\n")
    }

    fn to_json(&self, consumed: &Consumed) -> serde_json::Value {
        let Record {
            timestamp,
            offset,
            key,
            value,
            headers,
            ..
        } = &consumed.record;
        let headers = headers
            .iter()
            .map(|header| json!({ "key": header.key, "value": to_json(header.value.as_ref()) }));
        json!({
            "topic": self.topic,
            "partition": consumed.partition,
            "offset": offset,
            "timestamp": timestamp,
            "key": to_json(key.as_ref()),
            "value": to_json(value.as_ref()),
            "headers": headers.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_protocol::record::Header;

    fn line(json: bool, key_separator: Option<&str>, headers: bool) -> String {
        let consumed = Consumed {
            partition: 3,
            record: Record {
                offset: 7,
                timestamp: 5,
                key: Some("k".into()),
                value: None,
                headers: vec![Header {
                    key: "h".into(),
                    value: Some("x".into()),
                }],
                ..Record::default()
            },
        };
        let format = Format {
            topic: "t".into(),
            json,
            key_separator: key_separator.map(str::to_owned),
            headers,
        };
        let mut output = Vec::new();
        format.write(&consumed, &mut output).expect("a line");
        String::from_utf8(output).expect("text")
    }

    #[test]
    fn a_record_is_printed_as_asked() {
        assert_eq!(line(false, None, false), "\n");
        assert_eq!(line(false, Some(" "), true), "h=x\tk \n");
        let parsed: serde_json::Value =
            serde_json::from_str(&line(true, None, false)).expect("JSON");
        assert_eq!(parsed["offset"], 7);
        assert_eq!(parsed["value"], serde_json::Value::Null);
        assert_eq!(parsed["headers"][0]["key"], "h");
    }
}
