//! How unlikely a Kolmogorov-Smirnov statistic is when both samples come from one distribution.

use crate::is_positive;

/// Largest `n · m` for which the exact distribution is counted out.
const EXACT_CELLS: u64 = 4_000_000;

/// Two-sided p-value of the two-sample statistic `d`: exact while `n · m` is at most four million, the limit
/// distribution beyond. Ties make it conservative. 1 when either sample is empty.
pub fn ks_p_value(d: f64, n: u64, m: u64) -> f64 {
    if n.saturating_mul(m) <= EXACT_CELLS { ks_p_exact(d, n, m) } else { ks_p_asymptotic(d, n, m) }
}

/// Limit distribution `Q(√(nm/(n+m)) d)` with `Q(x) = 2 Σ (−1)^(k−1) exp(−2k²x²)` (Smirnov 1939), in its two series
/// (the one in exp(−π²/8x²) for small x). 1 when either sample is empty.
pub fn ks_p_asymptotic(d: f64, n: u64, m: u64) -> f64 {
    if n == 0 || m == 0 || !is_positive(d) {
        return 1.0;
    }
    let x = d * (n as f64 / (n as f64 + m as f64) * m as f64).sqrt();
    if x < 1.0 {
        let base = -std::f64::consts::PI.powi(2) / (8.0 * x * x);
        let sum: f64 = (0..8).map(|k| (base * f64::from(2 * k + 1).powi(2)).exp()).sum();
        return 1.0 - std::f64::consts::TAU.sqrt() / x * sum;
    }
    let sum: f64 = (1..20).map(|k| (-2.0 * f64::from(k * k) * x * x).exp() * if k % 2 == 1 { 2.0 } else { -2.0 }).sum();
    sum.clamp(0.0, 1.0)
}

/// Exact p-value: the share of the lattice paths from (0, 0) to (n, m) that somewhere leave the band
/// `|i/n − j/m| < d` (Hodges 1958). Time `O(n · m)`, memory `O(m)`. 1 when either sample is empty.
pub fn ks_p_exact(d: f64, n: u64, m: u64) -> f64 {
    if n == 0 || m == 0 || !is_positive(d) {
        return 1.0;
    }
    let divisor = gcd(n, m);
    let (step_n, step_m) = (m / divisor, n / divisor);
    // |i/n − j/m| = |i·step_n − j·step_m| / lcm: whole numbers, so that d computed from samples meets its own step.
    let reach = (d * (n * step_n) as f64).round() as u64;
    if reach == 0 {
        return 1.0;
    }
    // Probability of being at (i, j) on a random path that has stayed inside; what leaves is summed up, so that tiny
    // p-values keep their digits.
    let mut row = vec![0.0f64; m as usize + 1];
    let mut left = 0.0;
    for i in 0..=n {
        for j in 0..=m {
            let at = j as usize;
            let mut mass = 0.0;
            if i == 0 && j == 0 {
                mass = 1.0;
            }
            if i > 0 {
                mass += row[at] * (n - i + 1) as f64 / (n + m - i - j + 1) as f64;
            }
            if j > 0 {
                mass += row[at - 1] * (m - j + 1) as f64 / (n + m - i - j + 1) as f64;
            }
            if (i * step_n).abs_diff(j * step_m) >= reach {
                left += mass;
                mass = 0.0;
            }
            row[at] = mass;
        }
    }
    left.min(1.0)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
