//! Personal values: kept, counted and shown by a hash, which is enough to join on and not to read.

use contract::spec::Pii;
use contract::{Contract, Feature};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// Whether the log keeps a feature as it is.
pub fn is_readable(contract: &Contract, feature: &Feature) -> bool {
    feature.pii == Pii::None || (feature.pii != Pii::Direct && contract.segments.contains(&feature.name))
}

/// SHA-256 over feature and value, the first 16 hexadecimal digits.
pub fn hash(feature: &str, value: &Json) -> String {
    value.as_str().map_or_else(|| hash_text(feature, &value.to_string()), |text| hash_text(feature, text))
}

/// The hash of a text: what windows and baselines count it by.
pub fn hash_text(feature: &str, text: &str) -> String {
    let digest = hex::encode(Sha256::digest(format!("{feature}\u{0}{text}").as_bytes()));
    format!("#{}", &digest[..16])
}

/// The same, as a value.
pub fn hashed(feature: &str, value: &Json) -> Json {
    json!(hash(feature, value))
}
