//! Pure arithmetic for watching models: mergeable statistics, distances, evidence, quality, sequential tests.
//!
//! Nothing here reads a clock, a file or the environment; randomness is a seed that the caller passes in.
//! Everything that is kept between calls merges: any split of the rows over any replicas, in any order, gives the same
//! counts (and, where stated, the same sums to the bit).

pub mod bins;
pub mod concept;
pub mod distance;
pub mod estimate;
pub mod evidence;
pub mod importance;
pub mod joint;
pub mod quality;
pub mod rng;
pub mod sequential;
pub mod sketch;
pub mod usual;

/// Above 0, and a number.
pub(crate) fn is_positive(x: f64) -> bool {
    x > 0.0
}
