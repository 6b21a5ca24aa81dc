//! Finds out by trying whether a model treats rows one by one, so that rows of several requests may share a run.

use super::job::Named;
use super::session::{Runner, Spent};
use crate::tensor::{Data, Tensor, concat};
use contract::{DataType, TensorSpec};
use std::time::{Duration, Instant};

/// Longest that one trial run may take.
const TRIAL_LIMIT: Duration = Duration::from_secs(2);
/// Values of one trial input at most.
const TRIAL_VALUES: usize = 1 << 22;
/// Bounds of measuring: rows of one run, runs of one size, and all of it together.
const MEASURED_ROWS: usize = 64;
const MEASURED_RUNS: usize = 4;
const MEASURING: Duration = Duration::from_millis(200);

/// What trying showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowWise {
    Yes,
    No,
    /// The made-up rows were refused: nothing is known.
    Unknown,
}

/// Runs two made-up rows alone and together, and compares.
pub(super) fn row_wise(runner: &mut Runner, specs: &[TensorSpec]) -> RowWise {
    let (Some(zeros), Some(ones)) = (row(specs, false), row(specs, true)) else { return RowWise::Unknown };
    let both: Option<Named> = zeros.iter().zip(&ones).map(|((name, a), (_, b))| Some((name.clone(), concat(&[a, b])?))).collect();
    let Some(both) = both else { return RowWise::Unknown };
    let Ok((first, _)) = runner.run(&zeros, TRIAL_LIMIT) else { return RowWise::Unknown };
    let Ok((second, _)) = runner.run(&ones, TRIAL_LIMIT) else { return RowWise::Unknown };
    // Each row alone is fine; whatever is wrong with both together is the sharing.
    let Ok((together, _)) = runner.run(&both, TRIAL_LIMIT) else { return RowWise::No };
    let same = together.iter().zip(first.iter().zip(&second)).all(|((_, both), ((_, a), (_, b)))| {
        both.shape().first() == Some(&2)
            && a.rows() == 1
            && b.rows() == 1
            && alike(&both.slice(0..1), a)
            && alike(&both.slice(1..2), b)
    });
    if same { RowWise::Yes } else { RowWise::No }
}

/// Runs batches of growing size a few times each, so that what a run costs is known before the first request.
pub(super) fn measure(runner: &mut Runner, specs: &[TensorSpec], max_batch: usize, mut learn: impl FnMut(usize, Spent)) {
    let Some(row) = row(specs, true) else { return };
    let started = Instant::now();
    let sizes =
        std::iter::successors(Some(1usize), |size| Some(size * 4)).take_while(|size| *size <= max_batch.min(MEASURED_ROWS));
    for size in sizes {
        let batch: Option<Named> = row.iter().map(|(name, tensor)| Some((name.clone(), concat(&vec![tensor; size])?))).collect();
        let Some(batch) = batch else { return };
        for _ in 0..MEASURED_RUNS {
            let Ok((_, spent)) = runner.run(&batch, TRIAL_LIMIT) else { return };
            learn(size, spent);
            if started.elapsed() > MEASURING {
                return;
            }
        }
    }
}

/// One row of zeros or ones, with 1 for every other variable dimension; `None` if it would be absurdly large.
fn row(specs: &[TensorSpec], ones: bool) -> Option<Named> {
    specs
        .iter()
        .map(|spec| {
            let shape: Vec<usize> = spec.shape.iter().map(|&dim| usize::try_from(dim).unwrap_or(1)).collect();
            let n = crate::tensor::elements(&shape).filter(|&n| n <= TRIAL_VALUES)?;
            let tensor = match (spec.datatype, ones) {
                (DataType::Fp32, true) => Tensor::new(shape, Data::F32(vec![1.0; n])),
                (DataType::Fp64, true) => Tensor::new(shape, Data::F64(vec![1.0; n])),
                (DataType::Int64, true) => Tensor::new(shape, Data::I64(vec![1; n])),
                (DataType::Int32, true) => Tensor::new(shape, Data::I32(vec![1; n])),
                (DataType::Bool, true) => Tensor::new(shape, Data::Bool(vec![true; n])),
                (DataType::Uint8, true) => Tensor::new(shape, Data::U8(vec![1; n])),
                (DataType::Bytes, true) => Tensor::new(shape, Data::Bytes(vec![b"a".to_vec(); n])),
                (datatype, _) => Tensor::zeros(datatype, shape),
            };
            Some((spec.name.clone(), tensor.ok()?))
        })
        .collect()
}

/// The same up to the rounding that another order of additions makes.
fn alike(a: &Tensor, b: &Tensor) -> bool {
    if a.shape() != b.shape() || a.datatype() != b.datatype() {
        return false;
    }
    match (a.data(), b.data()) {
        (Data::F32(_) | Data::F64(_) | Data::F16(_) | Data::Bf16(_), _) => {
            (0..a.data().len()).all(|i| match (a.data().number(i), b.data().number(i)) {
                (Some(x), Some(y)) => {
                    x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= 1e-3 * x.abs().max(y.abs()).max(1e-3)
                }
                _ => false,
            })
        }
        (x, y) => x == y,
    }
}
