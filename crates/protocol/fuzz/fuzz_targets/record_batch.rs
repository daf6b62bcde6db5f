//! Record batches as a producer sends them, and every record in them.

#![no_main]

use bytes::Bytes;
use highwater_protocol::record::{BatchIter, RecordIter, verify_crc};
use libfuzzer_sys::fuzz_target;

/// What a batch may decompress to, in bytes.
const DECOMPRESSED_MAX: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    for item in BatchIter::new(Bytes::copy_from_slice(data)) {
        let Ok((_, batch)) = item else {
            return;
        };
        // Hardly any input has the right checksum, so go on without it.
        let _ = verify_crc(&batch);
        let Ok(records) = RecordIter::new(&batch, DECOMPRESSED_MAX) else {
            continue;
        };
        for record in records {
            if record.is_err() {
                break;
            }
        }
    }
});
