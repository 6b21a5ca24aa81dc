//! Joint drift: features that no longer go together as they did, though each looks as ever.
//!
//! A window keeps the sums and the products of all pairs of columns, over frozen rank scores: integers, mergeable to the
//! bit. Its correlation matrix is compared with that of the reference as a whole, which sees a pair that came apart, a
//! pair that came together, and a relation of several features that broke.

mod baseline;
mod columns;
mod judge;
mod matrix;
mod null;
mod usual;
mod window;

pub use baseline::{COLUMNS_KEPT, JointBaseline};
pub use columns::{Column, Scale};
pub use judge::{JointFinding, PairShift, judge_joint};
pub use matrix::stein_loss;
pub use usual::JointUsual;
pub use window::JointWindow;
