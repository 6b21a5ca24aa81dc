//! Data files: CSV and Parquet as columns, within bounds, with a profile of what they hold.

mod table;
mod parse;
mod csv;
mod parquet;
mod profile;
mod load;

pub use load::{load, of_version};
pub use parse::{Upload, parse};
pub use profile::{ColumnProfile, profile};
pub use table::{Column, Table, Values};

#[cfg(test)]
mod tests;
