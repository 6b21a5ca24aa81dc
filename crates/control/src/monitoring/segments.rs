//! Into which groups a prediction falls: one per segment feature of the contract.

use crate::deployments::KnownVersion;
use crate::registry::groups;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// `(feature, group)` per segment feature of a row as the log has it.
pub fn of(version: &KnownVersion, record: &Json) -> Vec<(String, String)> {
    let none = BTreeMap::new();
    let features = version.baseline.as_ref().map_or(&none, |baseline| &baseline.features);
    groups::groups(&version.contract, features, record)
}
