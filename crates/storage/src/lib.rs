//! One broker's logs on disk, in Kafka's file formats.
//!
//! A [`Log`] is one partition's log with one owner, who appends, truncates and
//! flushes. Everybody else reads through its [`LogReader`]. The [`LogManager`]
//! owns the log directories and hands logs out. All of it is synchronous and
//! reaches files only through the [`Disk`] port; time comes in as an argument.

#![forbid(unsafe_code)]

mod append;
mod batch_walk;
mod checkpoint;
mod config;
mod disk;
mod error;
mod flush;
mod leader_epoch_cache;
mod leftovers;
mod log;
mod log_append;
mod log_dir;
mod log_files;
mod log_flush;
mod log_loader;
mod log_manager;
mod log_reader;
mod log_registry;
mod log_truncate;
mod log_validator;
mod meta_properties;
mod names;
mod offset_index;
mod open_files;
mod partition_metadata;
mod producer_state;
mod recovery;
mod retention;
mod segment;
mod sparse_index;
mod tail;
pub mod testing;
mod time_index;
mod time_search;
mod transaction_index;

pub use append::{AppendInfo, AppendOrigin};
pub use config::{CleanupPolicy, CompressionType, LogConfig, MessageTimestampType};
pub use disk::{DirEntry, Disk, DiskSpace, File, LockGuard, OpenMode, StdDisk};
pub use error::{AppendError, ReadError, RecordError, StorageError};
pub use flush::{FlushOutcome, FlushTask};
pub use log::{Log, OpenInfo};
pub use log_manager::{FoundLog, LogDirStatus, LogManager, LogManagerConfig};
pub use log_reader::{AbortedTxn, LogOffsets, LogReader, ReadResult, TimestampAndOffset};
pub use meta_properties::MetaProperties;
