//! The tagged fields at the end of a flexible struct.

use super::error::EncodeError;
use super::writer::Writer;

/// Gathers a struct's tagged fields, whose number and sizes come before them.
/// Costs nothing when none is set, which is the usual case.
#[derive(Debug, Default)]
pub struct TaggedFields {
    count: u32,
    body: Writer,
}

impl TaggedFields {
    /// Adds a field. Tags must ascend.
    pub fn add(
        &mut self,
        tag: u32,
        write: impl FnOnce(&mut Writer) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let mut content = Writer::new();
        write(&mut content)?;
        let content = content.into_bytes();
        let size = u32::try_from(content.len()).map_err(|_| EncodeError::TooLong(content.len()))?;
        self.count += 1;
        self.body.put_uvarint(tag);
        self.body.put_uvarint(size);
        self.body.put_slice(&content);
        Ok(())
    }

    /// Writes the fields that were added.
    pub fn finish(self, writer: &mut Writer) {
        writer.put_uvarint(self.count);
        writer.put_slice(&self.body.into_bytes());
    }
}
