//! The cluster as data, and every decision a controller takes, without any I/O.
//!
//! A [`MetadataRecord`] is a fact, a [`MetadataImage`] the state that facts add up
//! to, and a [`MetadataDelta`] the difference between two images. The controller's
//! decisions are methods of `ControllerState`: they read the image and return
//! records and a response; only replaying records changes an image.
//!
//! *Architecture invariant:* nothing here reads a clock, draws a random number or
//! knows that there is a quorum. Time and entropy are arguments.

#![forbid(unsafe_code)]

pub mod config;
pub mod delta;
pub mod image;

pub use delta::MetadataDelta;
pub use image::MetadataImage;
