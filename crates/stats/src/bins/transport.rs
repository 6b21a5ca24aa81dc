//! Transport cost between two samples of which only counts and sums per bin are known.

/// One side of the transport, prepared: the reference, which many samples are carried to.
///
/// With `F`, `G` the two distribution functions, `F − G` is known exactly at the edges. Inside a bin each side's mass is
/// put at its mean there. That keeps the integral of `F − G` over the bin exact, so the distance is exact too wherever
/// `F − G` keeps its sign within a bin, and never more than the true one.
pub(crate) struct Carrier {
    bins: Vec<Bin>,
    /// Without rows there is no distance.
    is_empty: bool,
}

/// A bin of the reference.
#[derive(Clone, Copy)]
struct Bin {
    /// Its ends, infinite where it is open.
    left: f64,
    right: f64,
    /// Where its mass lies; the left end if it has none.
    at: f64,
    /// `F` at both ends.
    before: f64,
    after: f64,
}

impl Carrier {
    /// `edges` has one entry less than the other slices; sums and distances are in the unit of the edges.
    pub fn new(edges: &[f64], counts: &[u64], sums: &[f64]) -> Self {
        let n: u64 = counts.iter().sum();
        let mut counted = 0;
        let bin = |(i, (&rows, &sum)): (usize, (&u64, &f64))| {
            let left = i.checked_sub(1).and_then(|i| edges.get(i)).copied().unwrap_or(f64::NEG_INFINITY);
            let right = edges.get(i).copied().unwrap_or(f64::INFINITY);
            let before = counted as f64 / n as f64;
            counted += rows;
            let at = if rows > 0 { (sum / rows as f64).clamp(left, right) } else { left };
            Bin { left, right, at, before, after: counted as f64 / n as f64 }
        };
        Self { bins: counts.iter().zip(sums).enumerate().map(bin).collect(), is_empty: n == 0 }
    }

    /// Wasserstein-1 distance from counts and sums over the same bins. `None` when either sample is empty.
    pub fn distance(&self, counts: &[u64], sums: &[f64]) -> Option<f64> {
        let m: u64 = counts.iter().sum();
        if self.is_empty || m == 0 {
            return None;
        }
        let (m, mut counted, mut share, mut cost) = (m as f64, 0, 0.0, 0.0);
        let last = self.bins.len() - 1;
        for (i, ((bin, &rows), &sum)) in self.bins.iter().zip(counts).zip(sums).enumerate() {
            let at = if rows > 0 { (sum / rows as f64).clamp(bin.left, bin.right) } else { bin.left };
            counted += rows;
            let then = if rows > 0 { counted as f64 / m } else { share };
            // Both steps of F − G inside the bin, one of them after the other.
            let (first, between, second) =
                if bin.at <= at { (bin.at, bin.after - share, at) } else { (at, bin.before - then, bin.at) };
            // Beyond all mass F − G is 0, and an end may be infinite.
            if i > 0 {
                cost += (first - bin.left) * f64::abs(bin.before - share);
            }
            if first < second && first.is_finite() {
                cost += (second - first) * f64::abs(between);
            }
            if i < last && second.is_finite() {
                cost += (bin.right - second) * f64::abs(bin.after - then);
            }
            share = then;
        }
        Some(cost)
    }
}

/// Kolmogorov-Smirnov distance: the largest `|F − G|` at the edges. `None` when either sample is empty.
pub(crate) fn kolmogorov_smirnov(reference: &[u64], current: &[u64]) -> Option<f64> {
    let n: u64 = reference.iter().sum();
    let m: u64 = current.iter().sum();
    if n == 0 || m == 0 {
        return None;
    }
    let (mut a, mut b) = (0u64, 0u64);
    let gaps = reference.iter().zip(current).map(|(r, c)| {
        a += r;
        b += c;
        (a as f64 / n as f64 - b as f64 / m as f64).abs()
    });
    Some(gaps.fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wasserstein(edges: &[f64], reference: (&[u64], &[f64]), current: (&[u64], &[f64])) -> Option<f64> {
        Carrier::new(edges, reference.0, reference.1).distance(current.0, current.1)
    }

    proptest! {
        /// Both sides' masses as points: the distance of points on a line, by its definition.
        #[test]
        fn it_is_the_area_between_the_curves(
            reference in prop::collection::vec((0u64..4, -0.5f64..1.5), 5),
            current in prop::collection::vec((0u64..4, -0.5f64..1.5), 5),
        ) {
            let edges = [0.0, 1.0, 2.0, 3.0];
            // Bins [.., 0), [0, 1) … [3, ..): means are taken from where the bin is, and a little outside, as rounding may put them.
            let place = |bin: usize, x: f64| match bin { 0 => -1.0 - x.abs(), 4 => 3.0 + x.abs(), _ => (bin - 1) as f64 + x };
            let counts = |side: &[(u64, f64)]| side.iter().map(|s| s.0).collect::<Vec<u64>>();
            let sums = |side: &[(u64, f64)]| side.iter().enumerate().map(|(i, s)| s.0 as f64 * place(i, s.1)).collect::<Vec<f64>>();
            let points = |side: &[(u64, f64)]| -> Vec<(f64, f64)> {
                let n = side.iter().map(|s| s.0).sum::<u64>() as f64;
                let within = |i: usize, x: f64| match i { 0 => x.min(0.0), 4 => x.max(3.0), _ => x.clamp((i - 1) as f64, i as f64) };
                side.iter().enumerate().filter(|(_, s)| s.0 > 0).map(|(i, s)| (within(i, place(i, s.1)), s.0 as f64 / n)).collect()
            };
            let found = wasserstein(&edges, (&counts(&reference), &sums(&reference)), (&counts(&current), &sums(&current)));
            let (a, b) = (points(&reference), points(&current));
            if a.is_empty() || b.is_empty() {
                prop_assert_eq!(found, None);
            } else {
                let mut all: Vec<f64> = a.iter().chain(&b).map(|p| p.0).collect();
                all.sort_unstable_by(f64::total_cmp);
                let below = |side: &[(f64, f64)], x: f64| side.iter().filter(|p| p.0 <= x).map(|p| p.1).sum::<f64>();
                let area: f64 = all.windows(2).map(|w| (w[1] - w[0]) * (below(&a, w[0]) - below(&b, w[0])).abs()).sum();
                prop_assert!((found.unwrap() - area).abs() < 1e-12, "{:?} {}", found, area);
            }
        }
    }

    #[test]
    fn a_shift_inside_one_bin_is_the_difference_of_means() {
        let cost = wasserstein(&[0.0, 10.0], (&[0, 4, 0], &[0.0, 8.0, 0.0]), (&[0, 2, 0], &[0.0, 5.0, 0.0]));
        assert_eq!(cost, Some(0.5));
    }

    #[test]
    fn mass_moved_across_bins_costs_its_way() {
        // Half of the mass goes from 1 to 11: 0.5 * 10.
        let cost = wasserstein(&[0.0, 10.0], (&[0, 2, 0], &[0.0, 2.0, 0.0]), (&[0, 1, 1], &[0.0, 1.0, 11.0]));
        assert_eq!(cost, Some(5.0));
    }

    #[test]
    fn nothing_from_nothing() {
        assert_eq!(wasserstein(&[0.0], (&[0, 0], &[0.0, 0.0]), (&[1, 0], &[0.0, 0.0])), None);
        assert_eq!(kolmogorov_smirnov(&[1], &[0]), None);
        assert_eq!(kolmogorov_smirnov(&[1, 1], &[0, 1]), Some(0.5));
    }
}
