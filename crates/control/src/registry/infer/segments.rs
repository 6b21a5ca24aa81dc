//! By which features quality is also reported.

use super::Known;
use contract::{Feature, FeatureKind, Problem};

/// As many as are chosen when nobody names any.
const CHOSEN: usize = 3;
/// A feature with more values makes groups that are too small.
const GROUPS: usize = 10;

/// Those that were said, or those of the version before, or the first few with few categories, personal ones first.
pub fn choose(known: &Known<'_>, features: &[Feature]) -> Result<Vec<String>, Problem> {
    let exists = |name: &String| {
        features.iter().any(|feature| feature.name == *name) || known.reference.is_some_and(|table| table.column(name).is_some())
    };
    if !known.said.segments.is_empty() {
        return match known.said.segments.iter().find(|name| !exists(name)) {
            Some(stranger) => {
                Err(Problem::field("segments", format!("“{stranger}” is neither a feature nor a column of the reference data.")))
            }
            None => Ok(known.said.segments.clone()),
        };
    }
    let before: Vec<String> = known
        .previous
        .map(|previous| previous.segments.iter().filter(|name| exists(name)).cloned().collect())
        .unwrap_or_default();
    if !before.is_empty() {
        return Ok(before);
    }
    let few = |feature: &&Feature| match feature.kind {
        FeatureKind::Category => feature.categories.as_ref().is_some_and(|categories| (2..=GROUPS).contains(&categories.len())),
        FeatureKind::Boolean => true,
        _ => false,
    };
    let mut suited: Vec<&Feature> = features.iter().filter(few).collect();
    suited.sort_by_key(|feature| feature.pii == contract::spec::Pii::None);
    Ok(suited.into_iter().take(CHOSEN).map(|feature| feature.name.clone()).collect())
}
