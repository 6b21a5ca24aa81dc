//! The rules of a deployment: what each says in words, where it begins to fire, what it would have done, and changing it.

mod achieved;
mod backtest;
mod history;
mod limits;
mod list;
mod page;
mod save;

pub(crate) use achieved::achieved;
pub use backtest::backtest;
pub use list::{monitor, monitors};
pub use page::page;
pub use save::{save, save_runbook};

#[cfg(test)]
mod tests;
