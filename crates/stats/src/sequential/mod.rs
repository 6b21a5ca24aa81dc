//! Comparing a canary with the stable arm at every look, without paying for looking.
//!
//! A fixed 5 % test that is read every minute calls 29 % of harmless canaries bad within 60 looks. The intervals here
//! hold at all times at once: `P(the truth is ever outside) ≤ alpha`, whenever and however often one looks.

mod arms;
mod asymptotic;
mod exact;
mod guardrail;
mod plan;
mod single;
mod srm;

pub use arms::{Interval, MeanArm, RateArm};
pub use asymptotic::{mean_difference_cs, mean_difference_one_sided};
pub use exact::{rate_difference_cs, rate_difference_one_sided};
pub use guardrail::{Verdict3, Worse, judge_guardrail};
pub use plan::{always_valid_n, planned_n, planned_n_mean};
pub use single::{rate_above, rate_below, rate_cs};
pub use srm::{SampleRatio, sample_ratio};
