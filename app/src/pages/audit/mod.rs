//! The audit log: searched, paged, checked, exported.

mod page;
mod table;

pub use page::AuditPage;
