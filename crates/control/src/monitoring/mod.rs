//! What is seen of live traffic: windows of mergeable statistics, the prediction log, and the pages that are read from them.

mod accumulators;
mod at_once;
mod attribution;
mod changes;
pub(crate) mod counts;
mod distances;
mod drift;
pub(crate) mod findings;
mod fleet;
mod hashes;
mod head;
pub(crate) mod kept;
mod latency;
mod log;
mod page;
mod pages;
mod parts;
mod pending;
pub(crate) mod read;
mod retention;
mod runs;
mod segments;
mod selected;
pub(crate) mod shares;
pub(crate) mod spans;
pub(crate) mod sums;
mod tally;
mod unpack;
mod usually;
pub(crate) mod whole_rows;
pub(crate) mod window;
mod writer;
pub(crate) mod writing;

pub(crate) use changes::{change_before, changes_of};
pub use counts::{Counts, Moments};
pub use drift::{drift, drift_now};
pub use fleet::fleet;
pub(crate) use head::head;
pub use latency::latency;
pub(crate) use latency::rates;
pub(crate) use read::is_live;
pub use read::last;
pub use retention::{Retention, forget};
pub(crate) use segments::of as groups_of;
pub(crate) use unpack::Unpacker;
#[cfg(test)]
pub(crate) use unpack::pack_old;
pub use writer::{LOG_CAP, Writer};
pub use writing::Writing;

#[cfg(test)]
mod kept_tests;
#[cfg(test)]
mod log_tests;
#[cfg(test)]
mod personal_tests;
#[cfg(test)]
mod tests;
