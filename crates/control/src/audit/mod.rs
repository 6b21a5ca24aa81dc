//! The audit log: entries for acts, a page of it, and whether its chain holds.

mod entry;
mod page;
mod verify;

pub use entry::entry;
pub use page::{lines, page};
pub use verify::verify;

#[cfg(test)]
mod tests;
