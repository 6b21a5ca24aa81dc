//! Distances of a window from its baseline, from bins alone.

use super::{CategoricalDistances, NumericDistances, hellinger, jensen_shannon, population_stability_index, shares_of};
use crate::bins::{CategoricalBaseline, CategoricalWindow, NumericBaseline, NumericWindow};

/// All distances of a numeric window. PSI, Jensen-Shannon and Hellinger are those of the rows themselves (the deciles are
/// among the edges); with the default bins and some hundred rows, Wasserstein and Kolmogorov-Smirnov are within 0.01
/// standard deviations and 0.005 of them. `None` when either side has no rows or they do not fit.
pub fn numeric_distances(baseline: &NumericBaseline, window: &NumericWindow) -> Option<NumericDistances> {
    let wasserstein = baseline.wasserstein(window)?;
    let (p, q) = (shares_of(&baseline.by_decile(&baseline.counts))?, shares_of(&baseline.by_decile(&window.counts))?);
    Some(NumericDistances {
        wasserstein,
        wasserstein_over_std: (!baseline.is_constant && baseline.std > 0.0).then(|| wasserstein / baseline.std),
        ks: baseline.kolmogorov_smirnov(window)?,
        psi: population_stability_index(&p, &q),
        jensen_shannon: jensen_shannon(&p, &q),
        hellinger: hellinger(&p, &q),
    })
}

/// All distances of a categorical window. New values count as one category of their own, together with the rare ones
/// that the baseline does not keep by name. `None` when either side has no rows or they do not fit.
pub fn categorical_distances(baseline: &CategoricalBaseline, window: &CategoricalWindow) -> Option<CategoricalDistances> {
    let (reference, current) = aligned(baseline, window)?;
    CategoricalDistances::from_counts(&reference, &current)
}

/// Counts of both sides over the named categories, and the rest as the last one.
pub(crate) fn aligned(baseline: &CategoricalBaseline, window: &CategoricalWindow) -> Option<(Vec<u64>, Vec<u64>)> {
    if baseline.categories.len() != window.counts.len() {
        return None;
    }
    let mut reference: Vec<u64> = baseline.categories.iter().map(|c| c.1).collect();
    let mut current = window.counts.clone();
    reference.push(baseline.other);
    current.push(window.unseen_total);
    Some((reference, current))
}
