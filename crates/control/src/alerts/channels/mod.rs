//! Channels: where alerts go. Secrets come in and are used; they never come out again, and no entry of the log holds them.

mod check;
mod list;
mod remove;
mod save;
mod test_send;

pub use list::{channel, channels, deliveries};
pub use remove::remove;
pub use save::{create, update};
pub use test_send::test_send;

use contract::{ChannelId, Problem};

fn unknown(id: &ChannelId) -> Problem {
    Problem::not_found(format!("There is no channel “{id}”."))
}
