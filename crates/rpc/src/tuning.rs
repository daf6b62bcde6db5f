//! How HTTP/2 is set up on both sides of every connection.

use std::time::Duration;

/// Large frames cost about half the CPU per byte of the 16 KiB ones that are usual.
pub(crate) const FRAME_BYTES: u32 = 1 << 20;
/// What one stream may have on its way. Matters where a round trip takes long.
pub(crate) const STREAM_WINDOW_BYTES: u32 = 16 << 20;
/// The same for all streams of a connection together.
pub(crate) const CONNECTION_WINDOW_BYTES: u32 = 64 << 20;
/// Calls and streams that one connection may have open.
pub(crate) const STREAMS_MAX: u32 = 1024;

/// The largest message that services and clients of nodes should take in: give it to
/// `max_decoding_message_size` (and the encoding one), whose default is 4 MiB. A
/// replicated batch can be as large as `message.max.bytes`, and a few of them are
/// gathered.
pub const MESSAGE_BYTES_MAX: usize = 256 << 20;

/// A connection without traffic is asked for a sign of life this often, so that one
/// whose other end vanished without a word ends.
pub(crate) const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(1);
/// How long the sign of life may take. A busy machine needs its time.
pub(crate) const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(2);
