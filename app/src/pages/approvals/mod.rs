//! Approvals: the inbox, and the one page on which a promotion is decided.

mod better;
mod evidence;
mod hurts;
mod inbox;
pub mod load;
mod page;
mod sign;
mod summary;

pub use inbox::InboxPage;
pub use page::ApprovalPage;
