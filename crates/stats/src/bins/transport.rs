//! Transport cost between two samples of which only counts and sums per bin are known.

/// Wasserstein-1 distance from counts and sums over the same bins.
///
/// With `F`, `G` the two distribution functions, `F − G` is known exactly at the edges. Inside a bin each side's mass is
/// put at its mean there. That keeps the integral of `F − G` over the bin exact, so the distance is exact too wherever
/// `F − G` keeps its sign within a bin, and never more than the true one.
///
/// `edges` has one entry less than the four other slices; sums and result are in the unit of the edges. `None` when
/// either sample is empty.
pub(crate) fn wasserstein(edges: &[f64], reference: (&[u64], &[f64]), current: (&[u64], &[f64])) -> Option<f64> {
    let n: u64 = reference.0.iter().sum();
    let m: u64 = current.0.iter().sum();
    if n == 0 || m == 0 {
        return None;
    }
    let (n, m) = (n as f64, m as f64);
    let (mut counted_n, mut counted_m, mut cost) = (0u64, 0u64, 0.0);
    for bin in 0..reference.0.len() {
        let (rows_n, rows_m) = (reference.0[bin], current.0[bin]);
        let left = bin.checked_sub(1).and_then(|i| edges.get(i)).copied();
        let right = edges.get(bin).copied();
        let difference = |a: u64, b: u64| a as f64 / n - b as f64 / m;
        // The steps of F − G inside the bin, from its left end (where there is one) to its right end.
        let within = |x: f64| x.clamp(left.unwrap_or(f64::NEG_INFINITY), right.unwrap_or(f64::INFINITY));
        let at_n = (rows_n > 0).then(|| within(reference.1[bin] / rows_n as f64));
        let at_m = (rows_m > 0).then(|| within(current.1[bin] / rows_m as f64));
        let mut here = left;
        let mut height = difference(counted_n, counted_m);
        let mut step = |to: Option<f64>, then: f64| {
            if let (Some(from), Some(to)) = (here, to) {
                cost += (to - from) * height.abs();
            }
            here = to.or(here);
            height = then;
        };
        let end = difference(counted_n + rows_n, counted_m + rows_m);
        match (at_n, at_m) {
            (Some(a), Some(b)) if a <= b => {
                step(at_n, difference(counted_n + rows_n, counted_m));
                step(at_m, end);
            }
            (Some(_), Some(_)) => {
                step(at_m, difference(counted_n, counted_m + rows_m));
                step(at_n, end);
            }
            (Some(_), None) => step(at_n, end),
            (None, Some(_)) => step(at_m, end),
            (None, None) => {}
        }
        step(right, end);
        counted_n += rows_n;
        counted_m += rows_m;
    }
    Some(cost)
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
