//! How many canary rows a decision will take.

use crate::evidence::normal_quantile;
use crate::is_positive;

/// Canary rows that a single, one-sided look needs to tell the rate `worse` from `base` with probability `power` at level
/// `alpha`, when the stable arm gets `control_ratio` times as many rows (Fleiss' formula with pooled variance under no
/// change, without continuity correction). Tune the confidence sequence to this number; a decision then takes about
/// [`always_valid_n`] rows. `None` when the rates are equal or no rates, or `control_ratio` is not positive.
pub fn planned_n(base: f64, worse: f64, alpha: f64, power: f64, control_ratio: f64) -> Option<u64> {
    let is_rate = |p: f64| (0.0..=1.0).contains(&p);
    if !is_rate(base) || !is_rate(worse) || base == worse || !is_positive(control_ratio) {
        return None;
    }
    let (z_alpha, z_beta) = (normal_quantile(1.0 - alpha), normal_quantile(power));
    let pooled = (worse + control_ratio * base) / (1.0 + control_ratio);
    let unchanged = (pooled * (1.0 - pooled) * (1.0 + 1.0 / control_ratio)).sqrt();
    let changed = (worse * (1.0 - worse) + base * (1.0 - base) / control_ratio).sqrt();
    rows(((z_alpha * unchanged + z_beta * changed) / (worse - base)).powi(2))
}

/// The same for a mean: `difference` and `std` in the value's unit.
pub fn planned_n_mean(std: f64, difference: f64, alpha: f64, power: f64, control_ratio: f64) -> Option<u64> {
    if !is_positive(control_ratio) || difference == 0.0 {
        return None;
    }
    let z = normal_quantile(1.0 - alpha) + normal_quantile(power);
    rows((z * std / difference).powi(2) * (1.0 + 1.0 / control_ratio))
}

/// Rows after which a sequence that is watched all the time decides with about the planned power (0.8): twice the rows of
/// the single look, by simulation.
pub fn always_valid_n(planned: u64) -> u64 {
    planned.saturating_mul(2)
}

fn rows(n: f64) -> Option<u64> {
    n.is_finite().then(|| (n.ceil() as u64).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_table() {
        // One-sided 5 %, power 80 %: the stable arm gets 99 times as much, or the same.
        for (base, worse, rest, equal) in [
            (0.001, 0.002, 8_137, 18_519),
            (0.001, 0.01, 236, 834),
            (0.01, 0.02, 803, 1_826),
            (0.05, 0.06, 3_151, 6_426),
            (0.1, 0.11, 5_787, 11_619),
            (0.1, 0.12, 1_486, 3_025),
        ] {
            let near = |got: Option<u64>, wanted: u64| got.is_some_and(|n| n.abs_diff(wanted) <= 1 + wanted / 500);
            let (a, b) = (planned_n(base, worse, 0.05, 0.8, 99.0), planned_n(base, worse, 0.05, 0.8, 1.0));
            assert!(near(a, rest) && near(b, equal), "{base} {worse}: {a:?} {b:?}");
        }
        assert_eq!(planned_n(0.1, 0.1, 0.05, 0.8, 1.0), None);
        assert_eq!(planned_n(0.1, 0.2, 0.05, 0.8, 0.0), None);
        assert_eq!(planned_n_mean(1.0, 0.1, 0.05, 0.8, 1.0), Some(1237));
    }
}
