//! Records, as people and monitoring know them, and the tensors that a model knows: there and back, with the contract between.

mod check;
mod columns;
mod decode;
mod encode;
mod json;

pub use check::{Violation, ViolationKind, refusal, violations};
pub use columns::{Column, Columns, Seen};
pub use decode::{decode, decode_feature};
pub use encode::encode;
pub use json::from_json;

/// One value of one feature. A row is one value per feature, in the contract's order.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Numbers, whole numbers, and booleans as 0 and 1.
    Num(f64),
    /// Categories and text.
    Text(String),
    Missing,
}

impl Value {
    pub fn num(&self) -> Option<f64> {
        match self {
            Value::Num(number) => Some(*number),
            _ => None,
        }
    }

    /// The same value, borrowed.
    pub fn seen(&self) -> Seen<'_> {
        match self {
            Value::Num(number) => Seen::Num(*number),
            Value::Text(text) => Seen::Text(text.into()),
            Value::Missing => Seen::Missing,
        }
    }

    /// As text, whole numbers without a point; `None` if missing.
    pub fn text(&self) -> Option<String> {
        match self {
            Value::Num(number) => Some(crate::tensor::number_text(*number)),
            Value::Text(text) => Some(text.clone()),
            Value::Missing => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A small contract that the tests of this room share.

    use contract::spec::{OnViolation, Pii};
    use contract::{Contract, DataType, Feature, FeatureKind, Layout, Task, TensorSpec};

    pub fn feature(name: &str, kind: FeatureKind) -> Feature {
        Feature {
            name: name.into(),
            kind,
            nullable: false,
            min: None,
            max: None,
            categories: None,
            pii: Pii::None,
            pii_confirmed: false,
            unit: None,
            description: None,
            on_violation: OnViolation::Count,
        }
    }

    pub fn input(name: &str, datatype: DataType, shape: &[i64]) -> TensorSpec {
        TensorSpec { name: name.into(), datatype, shape: shape.to_vec() }
    }

    /// `age` (number, 0 to 120), `visits` (whole), `plan` (gold or silver), `member` (boolean): one column each.
    pub fn columns() -> Contract {
        let mut age = feature("age", FeatureKind::Number);
        (age.min, age.max, age.nullable) = (Some(0.0), Some(120.0), true);
        let mut plan = feature("plan", FeatureKind::Category);
        plan.categories = Some(vec!["gold".into(), "silver".into()]);
        Contract {
            task: Task::Binary,
            layout: Layout::Columns,
            features: vec![age, feature("visits", FeatureKind::Integer), plan, feature("member", FeatureKind::Boolean)],
            inputs: vec![
                input("age", DataType::Fp32, &[-1, 1]),
                input("visits", DataType::Int64, &[-1, 1]),
                input("plan", DataType::Bytes, &[-1]),
                input("member", DataType::Bool, &[-1, 1]),
            ],
            outputs: vec![input("label", DataType::Bytes, &[-1]), input("scores", DataType::Fp32, &[-1, 2])],
            label_output: Some("label".into()),
            score_output: Some("scores".into()),
            classes: vec!["no".into(), "yes".into()],
            positive: Some("yes".into()),
            label_column: None,
            segments: Vec::new(),
            batched: true,
        }
    }

    /// Three numbers as one float matrix.
    pub fn matrix() -> Contract {
        Contract {
            layout: Layout::Matrix { input: "x".into() },
            features: ["a", "b", "c"].map(|name| feature(name, FeatureKind::Number)).into(),
            inputs: vec![input("x", DataType::Fp32, &[-1, 3])],
            ..columns()
        }
    }

    /// A picture of 2 by 2 points; its elements are not named.
    pub fn picture() -> Contract {
        Contract {
            layout: Layout::Tensor { input: "image".into() },
            features: Vec::new(),
            inputs: vec![input("image", DataType::Fp32, &[-1, 2, 2])],
            ..columns()
        }
    }
}
