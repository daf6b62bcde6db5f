//! Byte streams from clients: framing, limits, and answers in order.
//!
//! Nothing here knows a Kafka API: a frame goes to a [`FrameHandler`], and what it
//! answers goes back in the order of the requests.
