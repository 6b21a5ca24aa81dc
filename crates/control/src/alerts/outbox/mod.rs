//! The outbox: messages are enqueued with the change that they tell of, and sent by a worker until they have arrived.

mod backoff;
mod enqueue;
mod escalate;
mod redeliver;
mod route;
mod worker;

pub use backoff::TRIES;
pub(super) use enqueue::{call_in, tell_at, tell_in};
pub use escalate::escalate;
pub use redeliver::redeliver;
pub use worker::{deliver, forget};

pub(super) const WAITING: &str = "waiting";
pub(super) const DELIVERED: &str = "delivered";
pub(super) const FAILED: &str = "failed";
