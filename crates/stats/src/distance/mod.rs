//! How far a window of rows is from the reference: from the rows themselves, or from bins.
//!
//! Conventions (the same for both routes): Wasserstein-1 in the feature's unit and divided by the reference's standard
//! deviation (dividing by n); Kolmogorov-Smirnov two-sample D; PSI with natural logarithm over ten bins at the
//! reference's deciles, outer edges infinite, bins closed on the left, shares of zero set to 1e-4; Jensen-Shannon
//! *distance*, base 2; Hellinger; all over the same ten bins. Missing values are left out.

mod binned;
mod chi_square;
mod exact;
mod ks_p;
mod shares;

pub(crate) use binned::aligned;
pub use binned::{categorical_distances, numeric_distances};
pub use chi_square::{ChiSquare, chi_square_contingency, chi_square_tail};
pub use exact::{
    ExactReference, categorical_distances_exact, decile_edges, histogram, ks_statistic, numeric_distances_exact, wasserstein_1,
};
pub use ks_p::{ks_p_asymptotic, ks_p_exact, ks_p_value};
pub use shares::{PSI_FLOOR, hellinger, jensen_shannon, l_infinity, population_stability_index, shares_of, total_variation};

use serde::{Deserialize, Serialize};

/// All distances of one numeric feature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NumericDistances {
    pub wasserstein: f64,
    /// `None` when the reference is constant.
    pub wasserstein_over_std: Option<f64>,
    pub ks: f64,
    pub psi: f64,
    pub jensen_shannon: f64,
    pub hellinger: f64,
}

/// All distances of one categorical feature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CategoricalDistances {
    /// Two-sample chi-square over all categories; `None` when there is only one.
    pub chi_square: Option<ChiSquare>,
    pub psi: f64,
    pub jensen_shannon: f64,
    pub hellinger: f64,
    pub l_infinity: f64,
    pub total_variation: f64,
}

impl CategoricalDistances {
    /// From counts of the same categories on both sides; `None` when either side has no rows.
    pub fn from_counts(reference: &[u64], current: &[u64]) -> Option<Self> {
        let (p, q) = (shares_of(reference)?, shares_of(current)?);
        Some(Self {
            chi_square: chi_square_contingency(reference, current),
            psi: population_stability_index(&p, &q),
            jensen_shannon: jensen_shannon(&p, &q),
            hellinger: hellinger(&p, &q),
            l_infinity: l_infinity(&p, &q),
            total_variation: total_variation(&p, &q),
        })
    }
}
