//! Is a difference large enough to matter, and too large for chance? Both are asked; "not enough rows" is an answer.

mod fisher;
mod intervals;
mod judge;
mod looks;
mod rates;
mod shares;

pub use fisher::{fisher_exact, fisher_mid_p};
pub use intervals::{RateInterval, clopper_pearson, normal_quantile, normal_tail, wilson};
pub use judge::{DriftFinding, Measure, NEVER, Verdict, judge, judge_categorical, judge_numeric, judge_share};
pub use looks::level_of_sliding;
pub(crate) use rates::first_true;
pub use rates::{Tail, binomial_test};
pub use shares::{judge_outside, judge_rise, judge_stuck};
