//! Data files: CSV and Parquet as columns, within bounds, with a profile of what they hold.

mod check;
mod csv;
mod load;
pub(crate) mod parquet;
mod parse;
mod profile;
mod table;

pub use check::{Kept, check};
pub use load::{load, of_version};
pub use parse::{Upload, parse};
pub use profile::{ColumnProfile, profile};
pub use table::{Column, Table, Values};

#[cfg(test)]
mod tests;
