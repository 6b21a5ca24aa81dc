//! The little linear algebra of correlation matrices.

use crate::is_positive;

/// What is added to the diagonal of every correlation matrix before it is compared (and divided out again): features that
/// are all but copies of each other would else count every digit of noise between them.
pub(super) const RIDGE: f64 = 0.01;

/// Symmetric, `k × k`, by rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Symmetric {
    pub k: usize,
    pub values: Vec<f64>,
}

impl Symmetric {
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.k + j]
    }

    /// With the values of `other` where `is_held` says so of a pair; as it is if the two are of different sizes.
    pub fn held(mut self, other: &Self, is_held: impl Fn(usize, usize) -> bool) -> Self {
        if self.k == other.k {
            for i in 0..self.k {
                for j in (0..self.k).filter(|j| is_held(i, *j)) {
                    self.values[i * self.k + j] = other.at(i, j);
                }
            }
        }
        self
    }

    /// `(M + RIDGE · I) / (1 + RIDGE)`.
    fn ridged(&self) -> Self {
        let value = |at: usize| (self.values[at] + if at / self.k == at % self.k { RIDGE } else { 0.0 }) / (1.0 + RIDGE);
        Self { k: self.k, values: (0..self.values.len()).map(value).collect() }
    }

    /// Lower triangle `L` with `L Lᵀ = M`; `None` unless the matrix is positive definite.
    fn cholesky(&self) -> Option<Vec<f64>> {
        let k = self.k;
        let mut lower = vec![0.0; k * k];
        for i in 0..k {
            for j in 0..=i {
                let known: f64 = (0..j).map(|m| lower[i * k + m] * lower[j * k + m]).sum();
                let rest = self.at(i, j) - known;
                lower[i * k + j] = if i == j { is_positive(rest).then(|| rest.sqrt())? } else { rest / lower[j * k + j] };
            }
        }
        Some(lower)
    }
}

/// A reference correlation matrix made ready for many comparisons.
pub(super) struct Yardstick {
    inverse: Symmetric,
    log_determinant: f64,
}

impl Yardstick {
    /// `None` unless the ridged matrix is positive definite, as every correlation matrix is.
    pub fn new(reference: &Symmetric) -> Option<Self> {
        let k = reference.k;
        let lower = reference.ridged().cholesky()?;
        // L⁻¹ by forward substitution, then M⁻¹ = L⁻ᵀ L⁻¹.
        let mut inverse_lower = vec![0.0; k * k];
        for column in 0..k {
            for i in column..k {
                let known: f64 = (column..i).map(|m| lower[i * k + m] * inverse_lower[m * k + column]).sum();
                inverse_lower[i * k + column] = (if i == column { 1.0 } else { 0.0 } - known) / lower[i * k + i];
            }
        }
        let entry = |at: usize| {
            let (i, j) = (at / k, at % k);
            (i.max(j)..k).map(|m| inverse_lower[m * k + i] * inverse_lower[m * k + j]).sum()
        };
        let inverse = Symmetric { k, values: (0..k * k).map(entry).collect() };
        Some(Self { inverse, log_determinant: log_determinant(&lower, k) })
    }

    /// `tr(R₀⁻¹R) − ln det(R₀⁻¹R) − k` of the ridged matrices; `None` when they do not fit.
    pub fn divergence(&self, current: &Symmetric) -> Option<f64> {
        if current.k != self.inverse.k {
            return None;
        }
        let current = current.ridged();
        let trace: f64 = self.inverse.values.iter().zip(&current.values).map(|(a, b)| a * b).sum();
        let lower = current.cholesky()?;
        Some((trace - log_determinant(&lower, current.k) + self.log_determinant - current.k as f64).max(0.0))
    }
}

fn log_determinant(lower: &[f64], k: usize) -> f64 {
    (0..k).map(|i| 2.0 * lower[i * k + i].ln()).sum()
}

/// Stein's loss between two correlation matrices (James and Stein 1961), `tr(R₀⁻¹R) − ln det(R₀⁻¹R) − k`: twice the
/// Kullback-Leibler divergence of centred normal variables with these correlations, in nats per row. Each matrix has
/// `k` rows of `k` numbers and gets 0.01 added to its diagonal first (then divided by 1.01). 0 for the same matrix;
/// `None` when they differ in size or are no correlation matrices; 0 for `k` = 0.
pub fn stein_loss(reference: &[Vec<f64>], current: &[Vec<f64>]) -> Option<f64> {
    let symmetric = |rows: &[Vec<f64>]| {
        let k = rows.len();
        rows.iter().all(|row| row.len() == k).then(|| Symmetric { k, values: rows.concat() })
    };
    Yardstick::new(&symmetric(reference)?)?.divergence(&symmetric(current)?)
}
