//! All that is computed before anything is written: reading, trying, inferring, counting. Blocks.

use super::super::held::held;
use super::data::{Before, Data, check_heldback};
use crate::Outcome;
use crate::datasets::{Table, Upload};
use crate::registry::baseline::{VersionBaseline, freeze};
use crate::registry::estimator::{Estimator, Labelled};
use crate::registry::infer::{Inferred, Known, infer};
use crate::registry::version::keep;
use bytes::Bytes;
use contract::inputs::{DatasetRole, RegisterVersion};
use contract::{Contract, ModelName, Problem, VersionNo};
use serving::interpret::RowAnswer;
use serving::{LoadError, LoadOptions, Model, OnnxInfo, Runtime, Served};
use std::sync::Arc;
use std::time::Duration;

/// Reference rows that the model is asked about, evenly spaced over the file.
pub const ASKED: usize = 20_000;
/// A model that thinks longer than this about a batch of its own reference data is not one to serve.
const RUN_LIMIT: Duration = Duration::from_secs(10);

pub struct Prepared {
    pub onnx: OnnxInfo,
    pub contract: Contract,
    pub warnings: Vec<String>,
    pub data: Vec<Data>,
    /// JSON of the frozen statistics.
    pub baseline: Option<Bytes>,
}

pub fn prepare(
    runtime: &Runtime,
    bytes: &[u8],
    meta: &RegisterVersion,
    reference: Option<Upload>,
    heldback: Option<Upload>,
    before: Before,
) -> Outcome<Prepared> {
    let model =
        runtime.load(bytes, LoadOptions { sessions: 1, run_limit: RUN_LIMIT, ..LoadOptions::default() }).map_err(|error| {
            match error {
                LoadError::Rejected(rejected) => Problem::field("file", rejected.message),
                LoadError::Runtime(why) => Problem::field("file", format!("ONNX Runtime cannot run this file: {why}")),
                LoadError::System(why) => {
                    tracing::error!(why, "a model could not be started");
                    Problem::busy("The model could not be started here just now. Try again in a minute.")
                }
            }
        })?;
    let mut warnings = Vec::new();
    let mut data = Vec::new();
    let left = |role: DatasetRole| before.files.iter().find(|(r, _)| *r == role).map(|(_, upload)| upload.clone());

    let sent = reference.is_some();
    let reference = match reference.or_else(|| left(DatasetRole::Reference)) {
        Some(upload) => Some(Data::read(DatasetRole::Reference, upload, (!sent).then_some(before.version))?),
        None => None,
    };
    let (inferred, reference) = contract(&model, meta, &before, reference, &mut warnings)?;
    warnings.extend(inferred.warnings);
    let contract = inferred.contract;

    let sent = heldback.is_some();
    if let Some(upload) = heldback.or_else(|| left(DatasetRole::Heldback)) {
        let read = Data::read(DatasetRole::Heldback, upload, (!sent).then_some(before.version))?;
        match check_heldback(&contract, &read.table) {
            Ok(()) => data.push(read),
            Err(problem) if sent => return Err(problem),
            Err(_) => warnings.push(format!(
                "The held-back data of version {} does not fit this version and was not taken over.",
                before.version
            )),
        }
    }

    let baseline = match &reference {
        Some(reference) => {
            let table = held(&contract, &reference.table);
            let answers = answers(&model, &contract, &table)?;
            let invalid = answers.iter().filter(|answer| !answer.valid).count();
            if invalid > 0 {
                warnings.push(format!("{invalid} of {} answers to the reference data are not finite numbers.", answers.len()));
            }
            let mut frozen = freeze(&contract, &table, &answers);
            if let Some(usual) = &frozen.usual {
                warnings.push(format!(
                    "“{}” is taken for the time of the rows: what is usual for the time of day and week is learnt from it.",
                    usual.column
                ));
            }
            let heldback = data.first().map(|data| &data.table);
            frozen.estimator = estimator(&model, &contract, &frozen, heldback, Some(&table));
            Some(Bytes::from(keep(&frozen)?))
        }
        None => None,
    };
    data.extend(reference);
    for taken in data.iter().filter_map(|data| data.from.map(|from| (data.role.word(), from))) {
        warnings.push(format!("The {} data was taken over from version {}.", taken.0, taken.1));
    }
    Ok(Prepared { onnx: model.info().clone(), contract, warnings, data, baseline })
}

/// The contract; reference data that was only taken over and does not fit is left out.
fn contract(
    model: &Model,
    meta: &RegisterVersion,
    before: &Before,
    reference: Option<Data>,
    warnings: &mut Vec<String>,
) -> Outcome<(Inferred, Option<Data>)> {
    let known = |table: Option<&Table>| {
        infer(&Known {
            inputs: model.inputs(),
            outputs: model.outputs(),
            classes: &model.info().classes,
            batched: model.batched(),
            said: meta,
            reference: table,
            previous: before.contract.as_ref(),
        })
    };
    match known(reference.as_ref().map(|data| &data.table)) {
        Ok(inferred) => Ok((inferred, reference)),
        Err(_) if reference.as_ref().is_some_and(|data| data.from.is_some()) => {
            warnings.push(format!(
                "The reference data of version {} does not fit this version and was not taken over.",
                before.version
            ));
            Ok((known(None)?, None))
        }
        Err(problem) => Err(problem),
    }
}

/// What the model says about its own reference data. `Err` if it cannot answer it.
pub fn answers(model: &Arc<Model>, contract: &Contract, reference: &Table) -> Outcome<Vec<RowAnswer>> {
    if contract.features.is_empty() {
        return Ok(Vec::new());
    }
    let served = Served::new(ModelName::from("registering"), VersionNo(0), contract.clone(), model.clone());
    let step = reference.rows.div_ceil(ASKED).max(1);
    let rows: Vec<_> = reference.records(contract).into_iter().step_by(step).collect();
    served
        .evaluate_blocking(&rows)
        .map_err(|error| Problem::field("reference", format!("The model cannot answer its own reference data: {error}")))
}

/// What is learnt from labelled rows about how good answers will be: from the held-back ones, else from those of the reference.
pub fn estimator(
    model: &Arc<Model>,
    contract: &Contract,
    frozen: &VersionBaseline,
    heldback: Option<&Table>,
    reference: Option<&Table>,
) -> Option<Estimator> {
    if contract.features.is_empty() {
        return None;
    }
    let served = Served::new(ModelName::from("registering"), VersionNo(0), contract.clone(), model.clone());
    [(heldback, true), (reference, false)].into_iter().find_map(|(table, held_back)| {
        let rows = Labelled::of(contract, &held(contract, table?), held_back, ASKED)?;
        // A model that cannot answer them is told so by its gates.
        let answers = served.evaluate_blocking(&rows.records).ok()?;
        Estimator::learn(contract, &frozen.features, &rows, &answers)
    })
}
