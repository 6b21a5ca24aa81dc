//! Data files row by row, in batches of columns: never the whole file in memory, never a text per value.

mod batch;
mod csv;
mod dictionary;
mod parquet;
mod read;
mod scan;
mod values;

pub use batch::{Batch, Column, NONE, Wanted, is_strange};
pub use dictionary::Dictionary;
pub use read::{Input, Rows};
pub use values::{is_no_number, looks_like_a_time, number, time};
