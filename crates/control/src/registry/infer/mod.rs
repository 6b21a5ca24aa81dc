//! From a file's signature, its reference data and what somebody said to a data contract. What is said wins over what was said of
//! the version before, which wins over what is guessed. Pure.

mod features;
mod label;
mod layout;
mod outputs;
mod pii;
mod segments;

use crate::datasets::{ColumnProfile, Table, profile};
use contract::inputs::RegisterVersion;
use contract::{Contract, Layout, Problem, TensorSpec};

/// What the inference starts from.
pub struct Known<'a> {
    /// Inputs and outputs as they are served.
    pub inputs: &'a [TensorSpec],
    pub outputs: &'a [TensorSpec],
    /// Class names in the order of the scores, where the file holds them.
    pub classes: &'a [String],
    pub batched: bool,
    pub said: &'a RegisterVersion,
    pub reference: Option<&'a Table>,
    /// Contract of the version before.
    pub previous: Option<&'a Contract>,
}

/// A contract, and what somebody should know about how it came to be.
#[derive(Debug, PartialEq)]
pub struct Inferred {
    pub contract: Contract,
    pub warnings: Vec<String>,
}

/// `Err` names the field of the registration that does not fit.
pub fn infer(known: &Known<'_>) -> Result<Inferred, Problem> {
    let mut warnings = Vec::new();
    let profiles: Vec<ColumnProfile> = known.reference.map(profile).unwrap_or_default();
    let layout = layout::choose(known.inputs);
    let width = layout::width(&layout, known.inputs);
    let declared = features::declared(known, &layout, width)?;
    let label_column = label::column(known, declared.as_deref(), width)?;
    let names = match declared {
        Some(names) => names,
        None => features::from_reference(known, &layout, width, label_column.as_deref())?,
    };
    features::check_reference(known, &names)?;
    let answer = outputs::read(known, label_column.as_deref(), &profiles, &mut warnings)?;
    let features: Vec<_> =
        names.iter().map(|name| features::feature(name, known, &layout, profiles.iter().find(|p| p.name == *name))).collect();

    if known.reference.is_none() {
        warnings.push("Without reference data ranges, categories and a baseline are not known: drift cannot be watched.".into());
    } else if label_column.is_none() {
        warnings.push(
            "No column of the reference data is known to hold the true label: name it, so that gates can judge accuracy.".into(),
        );
    }
    let strangers: Vec<String> = profiles
        .iter()
        .filter(|p| !names.contains(&p.name) && Some(&p.name) != label_column.as_ref())
        .map(|p| p.name.clone())
        .collect();
    if !strangers.is_empty() && !names.is_empty() {
        warnings.push(format!("The model does not take these columns of the reference data: {}.", strangers.join(", ")));
    }
    if names.is_empty() && matches!(layout, Layout::Tensor { .. }) {
        warnings
            .push("The input is one large tensor: its elements are not named, and drift is watched on the answers only.".into());
    }
    let segments = segments::choose(known, &features)?;
    let contract = Contract {
        task: answer.task,
        layout,
        features,
        inputs: known.inputs.to_vec(),
        outputs: known.outputs.to_vec(),
        label_output: answer.label_output,
        score_output: answer.score_output,
        classes: answer.classes,
        positive: answer.positive,
        label_column,
        segments,
        batched: known.batched,
    };
    Ok(Inferred { contract, warnings })
}

#[cfg(test)]
mod tests;
