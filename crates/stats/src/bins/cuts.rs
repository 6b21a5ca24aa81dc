//! Where the bins of a numeric feature begin.

/// The quantile `q` of an ascending sample by linear interpolation between order statistics (type 7 of Hyndman and Fan
/// 1996, NumPy's default, with NumPy's rounding). `None` when the sample is empty.
pub fn linear_quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let lower = (position.floor() as usize).min(last);
    let upper = (lower + 1).min(last);
    let t = position - lower as f64;
    let (a, b) = (sorted[lower], sorted[upper]);
    Some(if t >= 0.5 { b - (b - a) * (1.0 - t) } else { a + (b - a) * t })
}

/// Interior bin edges, ascending and distinct, and the positions among them of the nine deciles (fewer when deciles
/// coincide).
pub(super) struct Cuts {
    pub edges: Vec<f64>,
    pub deciles: Vec<usize>,
}

/// Chooses the edges for an ascending sample of finite numbers. Bins are closed on the left.
///
/// * The nine linear deciles are always edges, so that PSI, Jensen-Shannon and Hellinger over ten bins can be had
///   exactly from the fine bins.
/// * Each decile is divided into about `bins / 10` bins of equal mass; the outer two get the remainder, ever narrower
///   in mass towards the ends, because tails carry the transport cost.
/// * A value with much mass gets a bin of its own, no wider than the value; a feature with no more than `bins` distinct
///   values gets such a bin for each, and the bins left over lie evenly between them.
/// * The lowest and the highest bin lie outside the sample's range and are empty in the reference.
///
/// Edges have at most 15 significant digits where the sample leaves room for it: such decimals survive any JSON
/// parser to the bit, so that a stored baseline bins like the one that was stored.
pub(super) fn choose(sorted: &[f64], bins: usize) -> Cuts {
    let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
        return Cuts { edges: Vec::new(), deciles: Vec::new() };
    };
    let distinct = distinct_up_to(sorted, bins);
    let deciles: Vec<f64> =
        (1..10).filter_map(|i| linear_quantile(sorted, f64::from(i) / 10.0)).map(|q| snap_quantile(sorted, q)).collect();
    let mut edges = deciles.clone();
    edges.extend([round_down(min), just_above(max)]);
    match distinct {
        Some(values) => {
            edges.extend(values.windows(2).map(|pair| snap(pair[0], pair[1])));
            edges.extend(values.iter().map(|&value| just_above(value)));
            let parts = (bins.saturating_sub(2 * values.len()) / values.len()).max(1) as u32;
            for pair in values.windows(2) {
                let gap = pair[1] - pair[0];
                edges.extend((1..parts).map(|i| round(pair[0] + gap * f64::from(i) / f64::from(parts))));
            }
        }
        None => {
            for p in inner_probabilities(bins) {
                let rank = ((p * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len() - 1);
                let value = sorted[rank];
                if let Some(below) = previous(sorted, value) {
                    edges.push(snap(below, value));
                }
                if sorted[rank - 1] == value {
                    edges.push(just_above(value));
                }
            }
        }
    }
    edges.sort_unstable_by(f64::total_cmp);
    edges.dedup();
    let mut positions: Vec<usize> = deciles.iter().map(|d| edges.partition_point(|e| e < d)).collect();
    positions.dedup();
    Cuts { edges, deciles: positions }
}

/// Probabilities of the cuts strictly inside the deciles.
fn inner_probabilities(bins: usize) -> Vec<f64> {
    let each = (bins / 10).max(1);
    let outer = each + bins.saturating_sub(each * 10) / 2;
    let mut result = Vec::with_capacity(bins);
    for decile in 1..9 {
        result.extend((1..each).map(|j| f64::from(decile) / 10.0 + 0.1 * j as f64 / each as f64));
    }
    for j in 1..outer {
        let tail = 0.1 * ((outer - j) as f64 / outer as f64).powi(2);
        result.extend([tail, 1.0 - tail]);
    }
    result
}

fn distinct_up_to(sorted: &[f64], limit: usize) -> Option<Vec<f64>> {
    let mut values: Vec<f64> = Vec::new();
    for &x in sorted {
        if values.last() != Some(&x) {
            if values.len() == limit {
                return None;
            }
            values.push(x);
        }
    }
    Some(values)
}

fn previous(sorted: &[f64], value: f64) -> Option<f64> {
    sorted.partition_point(|&x| x < value).checked_sub(1).map(|i| sorted[i])
}

/// A decile, rounded to 15 digits unless that would carry it over a sample value.
fn snap_quantile(sorted: &[f64], q: f64) -> f64 {
    let rank = |edge: f64| sorted.partition_point(|&x| x < edge);
    [round(q), round_down(q)].into_iter().find(|&edge| rank(edge) == rank(q)).unwrap_or(q)
}

/// An edge in `(below, value]`: `value` itself when short, else a short decimal next to it.
fn snap(below: f64, value: f64) -> f64 {
    let rounded = round_down(value);
    if rounded > below { rounded } else { value }
}

/// The nearest decimal of 15 significant digits.
fn round(x: f64) -> f64 {
    format!("{x:.14e}").parse().unwrap_or(x)
}

/// A decimal of 15 significant digits at or just under `x`.
fn round_down(x: f64) -> f64 {
    let near = round(x);
    if near <= x { near } else { round(x - x.abs() * 1e-14).min(x) }
}

/// A decimal of 15 significant digits just above `x`.
pub(super) fn just_above(x: f64) -> f64 {
    let candidate = round(x + (x.abs() * 1e-14).max(f64::MIN_POSITIVE));
    if candidate > x { candidate } else { x.next_up() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn edges_rise_and_deciles_split_as_the_exact_ones(
            mut values in prop::collection::vec(prop_oneof![-1e3f64..1e3, (0i32..5).prop_map(f64::from)], 1..400),
            bins in 1usize..100,
        ) {
            values.sort_unstable_by(f64::total_cmp);
            let cuts = choose(&values, bins);
            prop_assert!(cuts.edges.windows(2).all(|w| w[0] < w[1]));
            let below = |e: f64| values.partition_point(|&x| x < e);
            let mut exact: Vec<usize> =
                (1..10).map(|i| below(linear_quantile(&values, f64::from(i) / 10.0).unwrap())).collect();
            let mut kept: Vec<usize> = cuts.deciles.iter().map(|&d| below(cuts.edges[d])).collect();
            exact.dedup();
            kept.dedup();
            prop_assert_eq!(exact, kept);
            prop_assert_eq!(below(cuts.edges[0]), 0);
            prop_assert_eq!(below(*cuts.edges.last().unwrap()), values.len());
        }

        #[test]
        fn rounding_keeps_its_side(x in prop::num::f64::NORMAL) {
            prop_assume!(x.abs() < 1e150 && x.abs() > 1e-150);
            prop_assert!(round_down(x) <= x && just_above(x) > x);
            prop_assert!((round_down(x) - x).abs() <= x.abs() * 2e-14);
        }
    }

    #[test]
    fn quantiles_interpolate() {
        let sorted = [1.0, 2.0, 4.0];
        assert_eq!(linear_quantile(&sorted, 0.5), Some(2.0));
        assert_eq!(linear_quantile(&sorted, 0.75), Some(3.0));
        assert_eq!(linear_quantile(&[], 0.5), None);
    }
}
