//! One version: overview, contract, gates, explain, activity; asking for promotion, aliases, gates again.

mod about;
mod activity;
mod aliases;
mod contract_tab;
mod explain;
mod gate_table;
mod gates;
mod head;
pub mod load;
mod one_decision;
mod overview;
mod page;
mod promote;
mod segments;
mod share;

pub use gate_table::GateTable;
pub use page::VersionPage;
