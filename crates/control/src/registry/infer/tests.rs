//! Signatures with their data, and the contracts that come of them.

use super::*;
use crate::datasets::parse;
use contract::spec::Pii;
use contract::{DataType, FeatureKind, ProblemKind, Task};

fn spec(name: &str, datatype: DataType, shape: &[i64]) -> TensorSpec {
    TensorSpec { name: name.into(), datatype, shape: shape.to_vec() }
}

fn classifier() -> Vec<TensorSpec> {
    vec![spec("label", DataType::Bytes, &[-1]), spec("probabilities", DataType::Fp32, &[-1, 2])]
}

struct Case {
    inputs: Vec<TensorSpec>,
    outputs: Vec<TensorSpec>,
    classes: Vec<String>,
    said: RegisterVersion,
    reference: Option<&'static str>,
}

impl Case {
    fn new(inputs: Vec<TensorSpec>, outputs: Vec<TensorSpec>, reference: &'static str) -> Self {
        Self { inputs, outputs, classes: Vec::new(), said: RegisterVersion::default(), reference: Some(reference) }
    }

    fn infer(&self, previous: Option<&Contract>) -> Result<Inferred, Problem> {
        let table = self.reference.map(|csv| parse(csv.as_bytes()).unwrap());
        infer(&Known {
            inputs: &self.inputs,
            outputs: &self.outputs,
            classes: &self.classes,
            batched: true,
            said: &self.said,
            reference: table.as_ref(),
            previous,
        })
    }
}

const PEOPLE: &str = "age,plan,gender,left\n41,gold,f,no\n,silver,m,yes\n20,gold,m,no\n33,gold,f,no\n";

fn people() -> Case {
    let inputs = vec![
        spec("age", DataType::Fp32, &[-1, 1]),
        spec("plan", DataType::Bytes, &[-1, 1]),
        spec("gender", DataType::Bytes, &[-1]),
    ];
    Case::new(inputs, classifier(), PEOPLE)
}

#[test]
fn columns_with_a_label_that_the_model_does_not_take() {
    let got = people().infer(None).unwrap().contract;
    assert_eq!(got.layout, Layout::Columns);
    assert_eq!(got.label_column.as_deref(), Some("left"));
    assert_eq!((got.task, got.classes.join(","), got.positive.as_deref()), (Task::Binary, "no,yes".into(), Some("yes")));
    assert_eq!((got.label_output.as_deref(), got.score_output.as_deref()), (Some("label"), Some("probabilities")));
    let age = got.feature("age").unwrap();
    assert_eq!(
        (age.kind, age.nullable, age.min, age.max, age.pii),
        (FeatureKind::Number, true, Some(20.0), Some(41.0), Pii::Indirect)
    );
    let plan = got.feature("plan").unwrap();
    assert_eq!((plan.kind, plan.categories.clone()), (FeatureKind::Category, Some(vec!["gold".into(), "silver".into()])));
    assert_eq!(got.feature("gender").unwrap().pii, Pii::Sensitive);
    assert_eq!(got.segments, ["gender", "plan"], "personal ones first");
}

#[test]
fn a_matrix_takes_its_names_from_the_data_or_from_what_is_said() {
    let mut case = Case::new(
        vec![spec("X", DataType::Fp32, &[-1, 2])],
        vec![spec("label", DataType::Int64, &[-1]), spec("p", DataType::Fp32, &[-1, 2])],
        "a,b,late\n1,2,0\n3,4,1\n",
    );
    let got = case.infer(None).unwrap().contract;
    assert_eq!(got.layout, Layout::Matrix { input: "X".into() });
    assert_eq!(got.features.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((got.label_column.as_deref(), got.positive.as_deref()), (Some("late"), Some("1")));

    case.said.features = vec!["late".into(), "a".into()];
    let got = case.infer(None).unwrap().contract;
    assert_eq!((got.features[0].name.as_str(), got.label_column.as_deref()), ("late", Some("b")));

    case.said.features = vec!["a".into()];
    assert_eq!(case.infer(None).unwrap_err().errors[0].field, "features");
    case.said.features = Vec::new();
    case.reference = Some("a,b,c,late\n1,2,3,0\n");
    assert_eq!(case.infer(None).unwrap_err().errors[0].field, "reference");
    case.reference = None;
    assert_eq!(case.infer(None).unwrap().contract.features[1].name, "x2");
}

#[test]
fn one_number_is_a_value_unless_the_truth_is_yes_or_no() {
    let inputs = || vec![spec("a", DataType::Fp32, &[-1, 1])];
    let number = || vec![spec("out", DataType::Fp32, &[-1, 1])];
    let regression = Case::new(inputs(), number(), "a,bikers\n1,12\n2,40\n3,7\n").infer(None).unwrap().contract;
    assert_eq!(
        (regression.task, regression.label_output.as_deref(), regression.score_output),
        (Task::Regression, Some("out"), None)
    );
    let score = Case::new(inputs(), number(), "a,late\n1,0\n2,1\n3,1\n").infer(None).unwrap().contract;
    assert_eq!((score.task, score.score_output.as_deref(), score.classes.len()), (Task::Binary, Some("out"), 2));
}

#[test]
fn a_picture_names_its_points_while_they_are_few() {
    let head: Vec<String> = (0..4).map(|n| format!("p{n}")).collect();
    let csv: &'static str = Box::leak(format!("{},digit\n0,1,2,3,7\n1,1,1,1,2\n0,0,0,0,3\n", head.join(",")).into_boxed_str());
    let outputs = vec![spec("label", DataType::Int64, &[-1]), spec("p", DataType::Fp32, &[-1, 3])];
    let got = Case::new(vec![spec("image", DataType::Fp32, &[-1, 1, 2, 2])], outputs.clone(), csv).infer(None).unwrap().contract;
    assert_eq!((got.layout, got.features.len(), got.task), (Layout::Tensor { input: "image".into() }, 4, Task::Multiclass));
    assert_eq!((got.classes.join(","), got.positive), ("2,3,7".into(), None));
    let large = Case { reference: None, ..Case::new(vec![spec("image", DataType::Fp32, &[-1, 3, 224, 224])], outputs, "") }
        .infer(None)
        .unwrap();
    assert!(large.contract.features.is_empty() && large.warnings.len() == 2);
}

#[test]
fn what_was_settled_for_the_version_before_stays_settled() {
    let mut before = people().infer(None).unwrap().contract;
    before.features[0].pii = Pii::None;
    before.features[0].pii_confirmed = true;
    before.features[0].unit = Some("years".into());
    before.positive = Some("no".into());
    before.segments = vec!["plan".into()];
    let got = people().infer(Some(&before)).unwrap().contract;
    assert_eq!(
        (got.features[0].pii, got.features[0].pii_confirmed, got.features[0].unit.as_deref()),
        (Pii::None, true, Some("years"))
    );
    assert_eq!((got.positive.as_deref(), got.segments), (Some("no"), vec!["plan".to_owned()]));
}

#[test]
fn what_does_not_fit_is_refused_by_field() {
    let mut case = people();
    case.reference = Some("age,plan,left\n1,gold,no\n2,gold,yes\n");
    let problem = case.infer(None).unwrap_err();
    assert_eq!((problem.kind, problem.errors[0].field.as_str()), (ProblemKind::Invalid, "reference"));
    assert!(problem.detail.contains("“gender”"), "{}", problem.detail);
    for (said, field) in [
        (RegisterVersion { label_column: Some("gone".into()), ..Default::default() }, "label_column"),
        (RegisterVersion { positive: Some("maybe".into()), ..Default::default() }, "positive"),
        (RegisterVersion { segments: vec!["shoe_size".into()], ..Default::default() }, "segments"),
    ] {
        let case = Case { said, ..people() };
        assert_eq!(case.infer(None).unwrap_err().errors[0].field, field);
    }
}

#[test]
fn a_truth_in_other_words_than_the_classes_is_pointed_out() {
    let mut case = people();
    case.classes = vec!["0".into(), "1".into()];
    assert!(case.infer(None).unwrap().warnings.iter().any(|w| w.contains("none of the model's classes")));
}
