//! Looking at a sliding window all the time is many looks, though not as many as there are.

use super::intervals::normal_quantile;

/// The level of one look at a sliding window that is looked at again and again, so that a false alarm is expected `each` times
/// while the window moves on by its length.
///
/// The scaled mean of a sliding window is a stationary process whose correlation falls linearly to 0 over the window's length
/// (Slepian's). It goes beyond a high level `u` in clumps, `u φ(u) ≈ u² P(Z > u)` of them per window (Leadbetter, Lindgren and
/// Rootzén 1983, chapter 12): a window is worth some `u²` looks, however often it is looked at. That this does for
/// distances over many bins and for exact tests too is checked by simulation (`tests/sliding.rs`). `each` above 1 counts as 1; 0 stays 0.
pub fn level_of_sliding(each: f64) -> f64 {
    let each = each.clamp(0.0, 1.0);
    let mut level = each / 20.0;
    // The looks grow with the logarithm of the level only, so that a few steps are enough.
    for _ in 0..20 {
        let z = normal_quantile(1.0 - level).max(0.0);
        level = each / (z * z).max(1.0);
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_budget_is_worth_more_looks() {
        let looks = |each: f64| each / level_of_sliding(each);
        for (each, least, most) in [(0.5, 1.0, 3.0), (0.01, 9.0, 11.0), (1e-4, 17.0, 22.0), (1e-6, 26.0, 32.0)] {
            assert!((least..most).contains(&looks(each)), "{each}: {}", looks(each));
        }
        assert_eq!(level_of_sliding(0.0), 0.0);
        assert!(level_of_sliding(7.0) == level_of_sliding(1.0));
    }
}
