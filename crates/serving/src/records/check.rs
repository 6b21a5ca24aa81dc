//! Values against the contract: which of them it does not expect.

use super::{Seen, Value, decode_feature};
use crate::model::BadInput;
use crate::tensor::Tensor;
use contract::spec::OnViolation;
use contract::{Contract, Feature, FeatureKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ViolationKind {
    Type,
    Missing,
    Range,
    Category,
}

/// One value that the contract does not expect.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    pub feature: String,
    pub kind: ViolationKind,
    pub row: usize,
    /// The value as text; empty if it is missing.
    pub value: String,
}

/// Every value of `columns` (one per feature, in the contract's order) that breaks the contract.
pub fn violations(contract: &Contract, columns: &[Vec<Value>]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (feature, column) in contract.features.iter().zip(columns) {
        for (row, value) in column.iter().enumerate() {
            if let Some(kind) = violation(feature, &value.seen()) {
                found.push(Violation { feature: feature.name.clone(), kind, row, value: value.text().unwrap_or_default() });
            }
        }
    }
    found
}

/// What is wrong with one value. A missing value breaks only what is declared not nullable; an infinite number, any range.
pub(super) fn violation(feature: &Feature, value: &Seen<'_>) -> Option<ViolationKind> {
    match value {
        Seen::Missing => (!feature.nullable).then_some(ViolationKind::Missing),
        Seen::Num(number) => {
            let wrong_type = match feature.kind {
                FeatureKind::Integer => number.is_finite() && number.fract() != 0.0,
                FeatureKind::Boolean => *number != 0.0 && *number != 1.0,
                _ => false,
            };
            // A limit of 19.7 is kept by 19.7, which is 19.70000076 in a tensor of 32 bits.
            let outside = !number.is_finite()
                || feature.min.is_some_and(|min| *number < min && *number < f64::from(min as f32))
                || feature.max.is_some_and(|max| *number > max && *number > f64::from(max as f32));
            if wrong_type {
                Some(ViolationKind::Type)
            } else if outside {
                Some(ViolationKind::Range)
            } else {
                None
            }
        }
        Seen::Text(text) => match (feature.kind, &feature.categories) {
            (FeatureKind::Number | FeatureKind::Integer | FeatureKind::Boolean, _) => Some(ViolationKind::Type),
            (_, Some(categories)) if !categories.iter().any(|known| known == text) => Some(ViolationKind::Category),
            _ => None,
        },
    }
}

/// The first value that breaks a feature whose violations are refused; `None` if the request may go on.
pub fn refusal(contract: &Contract, inputs: &[(String, Tensor)]) -> Option<BadInput> {
    let strict = contract.features.iter().enumerate().filter(|(_, feature)| feature.on_violation == OnViolation::Refuse);
    for (i, feature) in strict {
        for (row, value) in decode_feature(contract, inputs, i).iter().enumerate() {
            if let Some(kind) = violation(feature, &value.seen()) {
                return Some(BadInput::new(feature.name.as_str(), sentence(feature, kind, row, value)));
            }
        }
    }
    None
}

fn sentence(feature: &Feature, kind: ViolationKind, row: usize, value: &Value) -> String {
    let name = &feature.name;
    let got = value.text().unwrap_or_default();
    match kind {
        ViolationKind::Missing => format!("row {row}: field “{name}” is missing, which the contract refuses"),
        ViolationKind::Type => format!("row {row}: field “{name}”: “{got}” has the wrong type"),
        ViolationKind::Category => {
            let known = feature.categories.as_deref().unwrap_or_default();
            let listed: Vec<String> = known.iter().take(10).map(|category| format!("“{category}”")).collect();
            format!(
                "row {row}: field “{name}”: “{got}” is none of {}{}",
                listed.join(", "),
                if known.len() > 10 { " …" } else { "" }
            )
        }
        ViolationKind::Range => match (feature.min, feature.max) {
            (Some(min), Some(max)) => format!("row {row}: field “{name}”: {got} is not between {min} and {max}"),
            (Some(min), None) => format!("row {row}: field “{name}”: {got} is below {min}"),
            (None, Some(max)) => format!("row {row}: field “{name}”: {got} is above {max}"),
            (None, None) => format!("row {row}: field “{name}”: {got} is not finite"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::columns;
    use super::super::{decode, encode};
    use super::*;

    fn named(age: f64, plan: &str) -> Vec<(String, Tensor)> {
        let row = vec![Value::Num(age), Value::Num(1.0), Value::Text(plan.into()), Value::Num(0.0)];
        encode(&columns(), &[row]).expect("it fits")
    }

    #[test]
    fn each_kind_is_found() {
        let contract = columns();
        let text = |t: &str| Value::Text(t.into());
        for (i, value, kind) in [
            (0, Value::Num(41.0), None),
            (0, Value::Missing, None),
            (0, Value::Num(121.0), Some(ViolationKind::Range)),
            (0, Value::Num(f64::INFINITY), Some(ViolationKind::Range)),
            (0, text("old"), Some(ViolationKind::Type)),
            (1, Value::Missing, Some(ViolationKind::Missing)),
            (1, Value::Num(0.5), Some(ViolationKind::Type)),
            (2, text("gold"), None),
            (2, text("bronze"), Some(ViolationKind::Category)),
            (3, Value::Num(2.0), Some(ViolationKind::Type)),
        ] {
            assert_eq!(violation(&contract.features[i], &value.seen()), kind, "{} {value:?}", contract.features[i].name);
        }
    }

    #[test]
    fn a_limit_is_kept_by_itself_in_32_bits() {
        let mut contract = columns();
        (contract.features[0].min, contract.features[0].max) = (Some(0.3), Some(19.7));
        for (value, kind) in
            [(19.7_f32, None), (19.700_003, Some(ViolationKind::Range)), (0.3, None), (0.299_999, Some(ViolationKind::Range))]
        {
            assert_eq!(violation(&contract.features[0], &Value::Num(value.into()).seen()), kind, "{value}");
        }
    }

    #[test]
    fn violations_name_feature_and_row() {
        let contract = columns();
        let found = violations(&contract, &decode(&contract, &named(130.0, "bronze")));
        let found: Vec<_> = found.iter().map(|v| (v.feature.as_str(), v.kind, v.row, v.value.as_str())).collect();
        assert_eq!(found, [("age", ViolationKind::Range, 0, "130"), ("plan", ViolationKind::Category, 0, "bronze")]);
    }

    #[test]
    fn only_strict_features_refuse() {
        let mut contract = columns();
        assert_eq!(refusal(&contract, &named(130.0, "bronze")), None);
        contract.features[2].on_violation = OnViolation::Refuse;
        let refused = refusal(&contract, &named(130.0, "bronze")).expect("bronze is refused");
        assert_eq!(
            (refused.field.as_str(), refused.message.as_str()),
            ("plan", "row 0: field “plan”: “bronze” is none of “gold”, “silver”")
        );
    }
}
