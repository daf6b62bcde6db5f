//! One broker's logs on disk, in Kafka's file formats.
//!
//! A [`Log`] is one partition's log with one owner, who appends, truncates and
//! flushes. Everybody else reads through its [`LogReader`]. The [`LogManager`]
//! owns the log directories and hands logs out. All of it is synchronous and
//! reaches files only through the [`Disk`] port; time comes in as an argument.

#![forbid(unsafe_code)]
#![allow(dead_code)]

mod append;
mod config;
mod disk;
mod error;
mod flush;
mod log;
mod log_manager;
mod log_reader;
pub mod testing;

pub use append::{AppendInfo, AppendOrigin};
pub use config::{CleanupPolicy, CompressionType, LogConfig, MessageTimestampType};
pub use disk::{DirEntry, Disk, DiskSpace, File, LockGuard, OpenMode, StdDisk};
pub use error::{AppendError, ReadError, RecordError, StorageError};
pub use flush::{FlushOutcome, FlushTask};
pub use log::{Log, OpenInfo};
pub use log_manager::{FoundLog, LogDirStatus, LogManager, LogManagerConfig};
pub use log_reader::{AbortedTxn, LogOffsets, LogReader, ReadResult, TimestampAndOffset};
