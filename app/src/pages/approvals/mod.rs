//! Approvals: the inbox, and the one page on which a promotion is decided.

pub mod load;
mod inbox;
mod page;
mod summary;
mod evidence;
mod better;
mod hurts;
mod sign;

pub use inbox::InboxPage;
pub use page::ApprovalPage;
