//! The data contract in words.

use crate::registry::Version;
use crate::registry::baseline::VersionBaseline;
use crate::words::{bound, counted, listed};
use contract::Layout;
use contract::spec::{Feature, FeatureKind, Pii};
use contract::views::version::{ContractView, FeatureLine};
use stats::bins::Baseline;

/// Categories that are listed; more are counted.
const LISTED: usize = 6;

pub fn contract_view(version: &Version, baseline: Option<&VersionBaseline>) -> ContractView {
    let contract = &version.contract;
    let personal: Vec<String> = contract.personal().map(|feature| feature.name.clone()).collect();
    let who = match personal.len() {
        0 => "None seems to hold personal data.".to_owned(),
        1 => format!("One seems to hold personal data: {}.", personal[0]),
        n => format!("{n} seem to hold personal data: {}.", listed(&personal)),
    };
    let layout = match &contract.layout {
        Layout::Columns => "Each feature is an input of its own, of the same name.".to_owned(),
        Layout::Matrix { input } => format!("All features go into one matrix, “{input}”, in this order."),
        Layout::Tensor { input } => format!("The features are the elements of one tensor, “{input}”, in this order."),
    };
    ContractView {
        summary: format!(
            "{} in, {} out. {who}",
            counted(contract.features.len() as u64, "feature"),
            counted(contract.outputs.len() as u64, "output")
        ),
        layout,
        features: contract.features.iter().map(|feature| line(feature, baseline)).collect(),
        contract: contract.clone(),
    }
}

fn line(feature: &Feature, baseline: Option<&VersionBaseline>) -> FeatureLine {
    let kind = match feature.kind {
        FeatureKind::Number => "number",
        FeatureKind::Integer => "whole number",
        FeatureKind::Category => "category",
        FeatureKind::Text => "text",
        FeatureKind::Boolean => "yes or no",
    };
    let allowed = match (&feature.categories, feature.min, feature.max) {
        (Some(categories), ..) if categories.len() <= LISTED => categories.join(", "),
        (Some(categories), ..) => format!("{} values", categories.len()),
        (None, Some(min), Some(max)) => format!("{} to {}", bound(min), bound(max)),
        (None, Some(min), None) => format!("{} and over", bound(min)),
        (None, None, Some(max)) => format!("up to {}", bound(max)),
        (None, None, None) => "any".into(),
    };
    let missing = match (feature.nullable, baseline.and_then(|all| all.features.get(&feature.name)).map(missing_share)) {
        (false, _) => "no".into(),
        (true, Some(share)) => format!("yes, {}", crate::words::percent(share)),
        (true, None) => "yes".into(),
    };
    let personal = match feature.pii {
        Pii::None => "No",
        Pii::Direct => "Names a person",
        Pii::Indirect => "Indirect",
        Pii::Sensitive => "Sensitive",
    };
    FeatureLine {
        name: feature.name.clone(),
        kind: kind.into(),
        allowed,
        missing,
        personal: personal.into(),
        personal_note: if feature.pii != Pii::None && !feature.pii_confirmed { "guessed".into() } else { String::new() },
        description: feature.description.clone().unwrap_or_default(),
    }
}

fn missing_share(baseline: &Baseline) -> f64 {
    let (missing, n) = match baseline {
        Baseline::Numeric(one) => (one.missing, one.n),
        Baseline::Categorical(one) => (one.missing, one.n),
    };
    let all = missing + n;
    if all == 0 { 0.0 } else { missing as f64 / all as f64 }
}
