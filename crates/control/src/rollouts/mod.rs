//! Replacing the stable version step by step, with a judge that only ever acts on *worse*.

mod compare;
mod course;
mod drive;
mod end;
mod evidence;
mod happening;
mod judge;
mod list;
mod look;
mod plan;
mod split;
mod start;
mod tick;
mod view;
mod words;

pub(crate) use course::{Course, entered_of};
pub use drive::drive;
pub use happening::happening;
pub use list::{open_of, releases, summaries};
pub(crate) use list::{shown, summary_of};
pub use plan::{check as check_plan, fitted as fitted_plan};
pub(crate) use split::{Mismatch, mismatch};
pub use start::{Start, poke, start, start_in_tx};
pub use tick::tick;
pub use view::view;

use contract::{Problem, RolloutId};

pub(crate) fn unknown(id: &RolloutId) -> Problem {
    Problem::not_found(format!("There is no rollout “{id}”."))
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
