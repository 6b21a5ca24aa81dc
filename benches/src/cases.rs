//! The rows that are sent and what a right answer to them is. Rows come from a formula, so that nothing large has to be kept;
//! the answers were made by ONNX Runtime when the models were (`models/make.py`, which has the same formula).

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Different requests of a workload; they take turns.
pub const CASES: u32 = 8;

/// Element `i` of case `case`, in [-1, 1).
pub fn element(case: u32, i: u32) -> f32 {
    let mixed = (case.wrapping_mul(7_919).wrapping_add(i.wrapping_mul(104_729)).wrapping_add(1)).wrapping_mul(2_654_435_761);
    (f64::from(mixed >> 8) / f64::from(1 << 23) - 1.0) as f32
}

/// One workload: which model, what shape, and the scores of each case in row-major order.
#[derive(Clone, Debug, Deserialize)]
pub struct Workload {
    /// File beside this one.
    pub model: String,
    pub input: String,
    pub shape: Vec<usize>,
    /// The output that is checked.
    pub output: String,
    pub scores: Vec<Vec<f32>>,
}

impl Workload {
    /// Reads `cases.json`.
    pub fn read(file: &Path, name: &str) -> Result<Workload> {
        let text = std::fs::read(file).with_context(|| file.display().to_string())?;
        let mut all: BTreeMap<String, Workload> = serde_json::from_slice(&text)?;
        all.remove(name).with_context(|| format!("{} has no workload “{name}”", file.display()))
    }

    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn values(&self, case: u32) -> Vec<f32> {
        (0..self.elements() as u32).map(|i| element(case, i)).collect()
    }

    /// Whether `scores` answer `case`, up to what another build of the runtime may round differently.
    pub fn is_right(&self, case: u32, scores: &[f32]) -> bool {
        let expected = &self.scores[case as usize];
        expected.len() == scores.len() && expected.iter().zip(scores).all(|(e, s)| (e - s).abs() < 1e-4)
    }
}
