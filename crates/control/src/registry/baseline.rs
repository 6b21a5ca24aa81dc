//! Frozen statistics of a version's reference data: what drift is measured against.

use super::Version;
use super::estimator::Estimator;
use super::groups::{self, GroupBaseline};
use super::register::ASKED;
use super::usual::{self, UsualTimes};
use crate::datasets::{Column, Table};
use crate::personal::{hash_text, is_readable};
use crate::{Ctx, IntoProblem, Outcome};
use contract::{Contract, Feature, FeatureKind, Problem};
use serde::{Deserialize, Serialize};
use serving::interpret::RowAnswer;
use stats::bins::{Baseline, CategoricalBaseline, Cell, DEFAULT_BINS, Finder, NumericBaseline};
use stats::joint::JointBaseline;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The reference rows of a version, counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionBaseline {
    pub features: BTreeMap<String, Baseline>,
    /// Predicted classes, or predicted values of a regression, over the reference rows.
    pub label: Option<Baseline>,
    /// Score of the positive class.
    pub score: Option<Baseline>,
    pub rows: u64,
    /// How the features go together; `None` with too few rows or columns, and in baselines from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joint: Option<JointBaseline>,
    /// Features of personal data: their categories are named by hashes, and live values are counted by theirs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub hashed: BTreeSet<String>,
    /// How good answers are expected to be; `None` without labelled rows, and in baselines from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimator: Option<Estimator>,
    /// How the reference varies in time; `None` where its data do not say when rows were, and in baselines from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<UsualTimes>,
    /// By declared segment; empty without any, and in baselines from before this was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupBaseline>,
    #[serde(skip)]
    pub(super) finders: Finders,
}

/// A [`Finder`] for each numeric feature, in the order of the features; made at the first use, since it takes as much memory as the baseline.
/// They follow from the baseline and are no part of what it says.
#[derive(Debug, Default)]
pub(super) struct Finders(OnceLock<Vec<Option<Finder>>>);

impl Clone for Finders {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Finders {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl VersionBaseline {
    /// One for each feature, in their order; `None` for categories.
    pub fn finders(&self) -> &[Option<Finder>] {
        self.finders.0.get_or_init(|| {
            let of = |baseline: &Baseline| match baseline {
                Baseline::Numeric(numbers) => Some(Finder::new(numbers)),
                Baseline::Categorical(_) => None,
            };
            self.features.values().map(of).collect()
        })
    }
}

/// The stored baseline; `None` if the version came without reference data.
pub async fn baseline(cx: &Ctx, version: &Version) -> Outcome<Option<VersionBaseline>> {
    let Some(hash) = &version.baseline_hash else { return Ok(None) };
    let bytes = cx.store.blobs.get(hash).await.or_problem("Reading the baseline")?;
    let read = serde_json::from_slice(&bytes).map_err(|error| {
        tracing::error!(%error, %hash, "a stored baseline cannot be read");
        Problem::internal("The stored baseline cannot be read.")
    });
    let mut baseline: VersionBaseline = read?;
    baseline.hide(&version.contract);
    Ok(Some(baseline))
}

impl VersionBaseline {
    /// Names the categories of what the contract calls personal by their hashes, those of the prediction log, each in its place. What is
    /// hidden stays hidden. Whether anything was hidden that was not before.
    pub fn hide(&mut self, contract: &Contract) -> bool {
        let is_text = |feature: &Feature| matches!(feature.kind, FeatureKind::Category | FeatureKind::Text);
        let personal = contract.personal().filter(|feature| is_text(feature) && !is_readable(contract, feature));
        let before = self.hashed.len();
        for Feature { name, .. } in personal {
            let Some(Baseline::Categorical(known)) = self.features.get_mut(name) else { continue };
            if self.hashed.insert(name.clone()) {
                known.rename(|value| hash_text(name, value));
                if let Some(joint) = &mut self.joint {
                    joint.rename(name, |value| hash_text(name, value));
                }
            }
        }
        // What is kept group by group names the groups.
        let is_named = |name: &str| groups::is_named(contract, name);
        self.groups.retain(|group| is_named(&group.feature));
        if let Some(estimator) = &mut self.estimator {
            estimator.groups.retain(|group| is_named(&group.feature));
        }
        self.hashed.len() > before
    }
}

/// Reference rows that the joint statistics are made from, evenly spaced, so that they stay in the order of the file.
const JOINT_ROWS: usize = 20_000;

/// How the features of the rows go together, as live records hold them.
fn joint(contract: &Contract, features: &BTreeMap<String, Baseline>, reference: &Table) -> Option<JointBaseline> {
    let step = reference.rows.div_ceil(JOINT_ROWS).max(1);
    let rows = reference.rows.div_ceil(step);
    let columns: BTreeMap<&str, (&Column, Vec<f64>)> = contract
        .features
        .iter()
        .filter_map(|feature| {
            let column = reference.column(&feature.name)?;
            let truths = match feature.kind {
                FeatureKind::Boolean => {
                    (0..rows).map(|row| column.value(row * step, feature.kind).num().unwrap_or(f64::NAN)).collect()
                }
                _ => Vec::new(),
            };
            Some((feature.name.as_str(), (column, truths)))
        })
        .collect();
    JointBaseline::fit(features, rows, |name, row| match columns.get(name) {
        None => Cell::Missing,
        Some((_, truths)) if !truths.is_empty() => {
            truths.get(row).filter(|x| !x.is_nan()).map_or(Cell::Missing, |x| Cell::Number(*x))
        }
        Some((column, _)) => column.cell(row * step),
    })
}

/// Counts the reference rows, and what the model says about them where it was asked.
pub(super) fn freeze(contract: &Contract, reference: &Table, answers: &[RowAnswer]) -> VersionBaseline {
    let features: BTreeMap<String, Baseline> = contract
        .features
        .iter()
        .filter_map(|feature| {
            let column = reference.column(&feature.name)?;
            let baseline = match feature.kind {
                FeatureKind::Number | FeatureKind::Integer => {
                    let values: Vec<f64> = (0..reference.rows).map(|row| column.number(row).unwrap_or(f64::NAN)).collect();
                    Baseline::Numeric(NumericBaseline::fit(&values, DEFAULT_BINS))
                }
                FeatureKind::Category | FeatureKind::Text | FeatureKind::Boolean => {
                    // As live records hold them: a boolean is 0 or 1 there.
                    let texts: Vec<Option<String>> =
                        (0..reference.rows).map(|row| column.value(row, feature.kind).text()).collect();
                    Baseline::Categorical(CategoricalBaseline::fit(texts.iter().map(Option::as_deref)))
                }
            };
            Some((feature.name.clone(), baseline))
        })
        .collect();
    let (label, score) = groups::answered(contract, &answers.iter().collect::<Vec<_>>());
    let step = reference.rows.div_ceil(ASKED).max(1);
    let mut frozen = VersionBaseline {
        hashed: BTreeSet::new(),
        joint: joint(contract, &features, reference),
        estimator: None,
        usual: usual::learn(contract, reference, (&features, label.as_ref(), score.as_ref()), answers, step),
        groups: groups::freeze(contract, reference, &features, answers, step),
        finders: Finders::default(),
        features,
        label,
        score,
        rows: reference.rows as u64,
    };
    frozen.hide(contract);
    frozen
}
