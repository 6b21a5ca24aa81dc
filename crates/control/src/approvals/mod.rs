//! Asking for promotion, the evidence frozen for it, and the signature of somebody else.

mod decide;
mod evidence;
mod expire;
mod get;
mod inbox;
mod list;
mod policy;
mod request;
mod sections;
mod withdraw;

pub use decide::decide;
pub use expire::expire;
pub use get::get;
pub use inbox::{inbox, waiting};
pub use list::{latest, list};
pub use request::{may_request, request_promotion};
pub use withdraw::withdraw;

use contract::{ApprovalId, Problem};

pub(crate) fn unknown(id: &ApprovalId) -> Problem {
    Problem::not_found(format!("There is no approval “{id}”."))
}

#[cfg(test)]
mod tests;
