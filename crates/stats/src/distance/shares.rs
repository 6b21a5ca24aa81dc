//! Distances between two lists of shares over the same bins or categories.
//!
//! Both lists have the same length and each sums to 1; a longer list is read as far as the shorter one goes. Empty
//! lists are at distance 0.

/// What a share of zero is set to in the population stability index.
pub const PSI_FLOOR: f64 = 1e-4;

/// Shares from counts; `None` when there is nothing to share.
pub fn shares_of(counts: &[u64]) -> Option<Vec<f64>> {
    let total: u64 = counts.iter().sum();
    (total > 0).then(|| counts.iter().map(|&c| c as f64 / total as f64).collect())
}

/// Population stability index `Σ (q − p) ln(q / p)`, natural logarithm, zeros set to [`PSI_FLOOR`] without
/// renormalising (Siddiqi 2006, the credit-scoring convention). 0 to infinity; usual marks are 0.1 and 0.25.
pub fn population_stability_index(reference: &[f64], current: &[f64]) -> f64 {
    let floor = |share: f64| if share > 0.0 { share } else { PSI_FLOOR };
    reference.iter().zip(current).map(|(&p, &q)| (floor(q) - floor(p)) * (floor(q) / floor(p)).ln()).sum()
}

/// Jensen-Shannon distance: the square root of the divergence in bits (Lin 1991; Endres and Schindelin 2003). 0 to 1.
pub fn jensen_shannon(reference: &[f64], current: &[f64]) -> f64 {
    let towards = |p: f64, m: f64| if p > 0.0 { p * (p / m).log2() } else { 0.0 };
    let divergence: f64 = reference
        .iter()
        .zip(current)
        .map(|(&p, &q)| {
            let m = f64::midpoint(p, q);
            f64::midpoint(towards(p, m), towards(q, m))
        })
        .sum();
    divergence.max(0.0).sqrt()
}

/// Hellinger distance `√(Σ (√p − √q)²) / √2`. 0 to 1.
pub fn hellinger(reference: &[f64], current: &[f64]) -> f64 {
    let squares: f64 = reference.iter().zip(current).map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)).sum();
    (squares / 2.0).sqrt()
}

/// The largest difference of one share. 0 to 1.
pub fn l_infinity(reference: &[f64], current: &[f64]) -> f64 {
    reference.iter().zip(current).map(|(p, q)| (p - q).abs()).fold(0.0, f64::max)
}

/// Total variation `½ Σ |p − q|`: the share of rows that would have to change. 0 to 1.
pub fn total_variation(reference: &[f64], current: &[f64]) -> f64 {
    reference.iter().zip(current).map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn zero_on_itself_symmetric_and_bounded(
            a in prop::collection::vec(0u64..50, 2..20),
            b in prop::collection::vec(0u64..50, 2..20),
        ) {
            let len = a.len().min(b.len());
            prop_assume!(a[..len].iter().sum::<u64>() > 0 && b[..len].iter().sum::<u64>() > 0);
            let (p, q) = (shares_of(&a[..len]).unwrap(), shares_of(&b[..len]).unwrap());
            for distance in [jensen_shannon, hellinger, l_infinity, total_variation, population_stability_index] {
                prop_assert!(distance(&p, &p) == 0.0);
                prop_assert!((distance(&p, &q) - distance(&q, &p)).abs() < 1e-12);
            }
            for distance in [jensen_shannon, hellinger, l_infinity, total_variation] {
                prop_assert!((0.0..=1.0 + 1e-12).contains(&distance(&p, &q)));
            }
        }
    }

    #[test]
    fn flag_share_from_12_to_45_percent() {
        let (p, q) = ([0.88, 0.12], [0.55, 0.45]);
        assert!((population_stability_index(&p, &q) - 0.591).abs() < 5e-4);
        assert!((jensen_shannon(&p, &q) - 0.317_973).abs() < 1e-6);
        assert!((l_infinity(&p, &q) - 0.33).abs() < 1e-12);
        assert!((total_variation(&p, &q) - 0.33).abs() < 1e-12);
    }

    #[test]
    fn nothing_in_common_is_the_full_distance() {
        let (p, q) = ([1.0, 0.0], [0.0, 1.0]);
        assert_eq!((jensen_shannon(&p, &q), hellinger(&p, &q), total_variation(&p, &q)), (1.0, 1.0, 1.0));
        assert_eq!(shares_of(&[0, 0]), None);
    }
}
