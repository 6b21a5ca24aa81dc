//! One version: overview, contract, gates, explain, activity; asking for promotion, aliases, gates again.

pub mod load;
mod page;
mod head;
mod promote;
mod overview;
mod about;
mod aliases;
mod gates;
mod gate_table;
mod segments;
mod contract_tab;
mod explain;
mod share;
mod one_decision;
mod activity;

pub use gate_table::GateTable;
pub use page::VersionPage;
