//! Three looks at one stretch: as a curve, cell by cell, and as a whole.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::gamma_ur;

use super::dispersion::Dispersion;
use super::{Shape, Stretch};
use crate::distance::ks_p_asymptotic;
use crate::evidence::{Tail, fisher_exact};

/// Cells whose exact p-value is computed: those that stray most.
const EXACT_CELLS: usize = 3;
/// Expected rows of a group from which the chi-square distribution can be trusted.
const EXPECTED_ROWS: f64 = 8.0;

/// How unlikely a stretch is when nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Of the values: the smallest of the three looks, multiplied by their number.
    pub p: f64,
    /// Largest difference of the distribution functions (numbers), 0 to 1.
    pub shift: f64,
    /// The cell whose share changed least by chance, and by how much the share changed.
    pub cell: Option<(usize, f64)>,
    /// Of a rise of the missing values, one-sided, and by how much their share rose.
    pub missing_p: f64,
    pub missing_rise: f64,
    /// Of a rise of values outside the range or of new categories, one-sided, and by how much their share rose over what
    /// stretches of the reference have themselves when held back.
    pub new_p: f64,
    pub new_rise: f64,
}

/// The parts of the null that are not chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Null {
    pub dispersion: Dispersion,
    /// The whole's chi-square as the stretches themselves show it: its mean over that by chance, and which part of the degrees
    /// of freedom is free (shares that move together leave fewer). `None`: as by chance.
    pub whole: Option<(f64, f64)>,
}

impl Null {
    /// The evidence of `seen` against the reference rows `others`.
    pub fn evidence(&self, shape: &Shape, seen: &Stretch, others: &Stretch) -> Evidence {
        let (shift, curve_p) = if shape.ordered { self.curve(seen, others) } else { (0.0, 1.0) };
        let (cell, cell_p) = self.cells(shape, seen, others);
        let whole_p = self.whole(shape, seen, others).map_or(1.0, |(q, dof)| {
            let (inflation, part) = self.whole.unwrap_or((1.0, 1.0));
            let free = (part * dof).max(1.0);
            chi_square_p(q * free / (dof * inflation), free)
        });
        let looks = if shape.ordered { 3.0 } else { 2.0 };
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let (rows, other_rows) = (seen.rows(), others.rows());
        let novel = shape.novel(&seen.counts);
        let usual = self.dispersion.novelty;
        Evidence {
            p: (looks * curve_p.min(cell_p).min(whole_p)).min(1.0),
            shift,
            cell,
            missing_p: rise_p((seen.missing, rows), (others.missing, other_rows), self.dispersion.missing),
            missing_rise: (share(seen.missing, rows) - share(others.missing, other_rows)).max(0.0),
            new_p: if shape.new.is_empty() {
                1.0
            } else {
                rise_p((novel, seen.n), (usual.0, usual.1.max(others.n)), self.dispersion.new)
            },
            new_rise: (share(novel, seen.n) - share(usual.0, usual.1)).max(0.0),
        }
    }

    /// Kolmogorov-Smirnov, each difference divided by how far it strays beyond chance.
    fn curve(&self, seen: &Stretch, others: &Stretch) -> (f64, f64) {
        let (n, m) = (seen.n as f64, others.n as f64);
        if n == 0.0 || m == 0.0 {
            return (0.0, 1.0);
        }
        let spread = 1.0 / n + 1.0 / m;
        let (mut a, mut b, mut plain, mut tempered) = (0u64, 0u64, 0.0f64, 0.0f64);
        for ((x, y), phi) in seen.counts.iter().zip(&others.counts).zip(&self.dispersion.edges) {
            a += x;
            b += y;
            let difference = (a as f64 / n - b as f64 / m).abs();
            plain = plain.max(difference);
            tempered = tempered.max(difference / (1.0 + phi / spread).sqrt());
        }
        (plain, ks_p_asymptotic(tempered, seen.n, others.n))
    }

    /// The cell that is least explained by chance: Fisher's exact test over as many rows as the stretch is worth.
    fn cells(&self, shape: &Shape, seen: &Stretch, others: &Stretch) -> (Option<(usize, f64)>, f64) {
        let (n, m) = (seen.n as f64, others.n as f64);
        if n == 0.0 || m == 0.0 {
            return (None, 1.0);
        }
        let spread = 1.0 / n + 1.0 / m;
        let mut strays: Vec<(f64, usize)> = Vec::with_capacity(seen.counts.len());
        for (cell, (x, y)) in seen.counts.iter().zip(&others.counts).enumerate() {
            if x + y == 0 || shape.new.contains(&cell) {
                continue;
            }
            let pooled = (x + y) as f64 / (n + m);
            let variance = (pooled * (1.0 - pooled)).max(1e-12) * (spread + self.phi(cell));
            strays.push(((*x as f64 / n - *y as f64 / m).powi(2) / variance, cell));
        }
        let tests = strays.len() as f64;
        strays.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let exact = |&(_, cell): &(f64, usize)| {
            let (k, others_k) = (seen.counts[cell], others.counts[cell]);
            let (up, down) = worth((k, seen.n), self.phi(cell));
            let p = if k as f64 * m > others_k as f64 * n {
                fisher_exact(up.0, up.1, others_k, others.n, Tail::Greater)
            } else {
                fisher_exact(down.0, down.1, others_k, others.n, Tail::Less)
            };
            (p, cell)
        };
        let least = strays.iter().take(EXACT_CELLS).map(exact).min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((p, cell)) = least else { return (None, 1.0) };
        let change = seen.counts[cell] as f64 / n - others.counts[cell] as f64 / m;
        (Some((cell, change)), (2.0 * tests * p).min(1.0))
    }

    /// Dispersion of a cell's share between stretches.
    pub fn phi(&self, cell: usize) -> f64 {
        self.dispersion.cells.get(cell).copied().unwrap_or(0.0)
    }

    /// Chi-square over the groups, each term divided by how far its share strays beyond chance, and its degrees of freedom.
    /// Groups with few rows to be expected are taken together. `None` when fewer than two remain.
    pub fn whole(&self, shape: &Shape, seen: &Stretch, others: &Stretch) -> Option<(f64, f64)> {
        let (n, m) = (seen.n as f64, others.n as f64);
        if n == 0.0 || m == 0.0 {
            return None;
        }
        let spread = 1.0 / n + 1.0 / m;
        let (mine, theirs) = (shape.grouped(&seen.counts), shape.grouped(&others.counts));
        let (mut q, mut terms) = (0.0, 0.0);
        let mut rare = (0u64, 0u64, 0.0f64);
        let mut term = |x: u64, y: u64, phi: f64| {
            let pooled = (x + y) as f64 / (n + m);
            let difference = x as f64 / n - y as f64 / m;
            q += difference * difference / (pooled * (spread + phi));
            terms += 1.0;
        };
        for (group, (&x, &y)) in mine.iter().zip(&theirs).enumerate() {
            let phi = self.dispersion.groups.get(group).copied().unwrap_or(0.0);
            if y as f64 / m * n.min(m) >= EXPECTED_ROWS {
                term(x, y, phi);
            } else {
                rare = (rare.0 + x, rare.1 + y, rare.2.max(phi));
            }
        }
        if rare.1 as f64 / m * n.min(m) >= EXPECTED_ROWS {
            term(rare.0, rare.1, rare.2);
        }
        (terms >= 2.0).then_some((q, terms - 1.0))
    }
}

/// Probability that a chi-square variable of `dof` degrees of freedom (not necessarily whole) is at least `q`.
pub(super) fn chi_square_p(q: f64, dof: f64) -> f64 {
    if q > 0.0 && dof > 0.0 { gamma_ur(dof / 2.0, q / 2.0) } else { 1.0 }
}

/// Fisher's p-value of a rise from `k0` of `n0` to `k` of `n` rows, where the share's dispersion between stretches is `phi`.
fn rise_p((k, n): (u64, u64), (k0, n0): (u64, u64), phi: f64) -> f64 {
    if n == 0 || n0 == 0 || k as f64 * n0 as f64 <= k0 as f64 * n as f64 {
        return 1.0;
    }
    let (up, _) = worth((k, n), phi);
    fisher_exact(up.0, up.1, k0, n0, Tail::Greater)
}

/// Fisher's p-value, two-sided by doubling, of `k` of `n` rows against `k0` of `n0`, where the share's dispersion is `phi`.
pub(super) fn two_sided((k, n): (u64, u64), (k0, n0): (u64, u64), phi: f64) -> f64 {
    if n == 0 || n0 == 0 {
        return 1.0;
    }
    let (up, down) = worth((k, n), phi);
    let p = if k as f64 * n0 as f64 > k0 as f64 * n as f64 {
        fisher_exact(up.0, up.1, k0, n0, Tail::Greater)
    } else {
        fisher_exact(down.0, down.1, k0, n0, Tail::Less)
    };
    (2.0 * p).min(1.0)
}

/// What `k` of `n` rows are worth as independent ones, `n / (1 + φ n)` (Kish's design effect), rounded against a rise and
/// against a fall.
fn worth((k, n): (u64, u64), phi: f64) -> ((u64, u64), (u64, u64)) {
    if phi <= 0.0 {
        return ((k, n), (k, n));
    }
    let rows = (n as f64 / (1.0 + phi * n as f64)).ceil().max(1.0);
    let exact = k as f64 / n as f64 * rows;
    ((exact.floor() as u64, rows as u64), (exact.ceil() as u64, rows as u64))
}
