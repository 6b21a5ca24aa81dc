//! Every hostile file is refused for the right reason, or stopped when it runs, and nothing of it takes the process along.

use crate::support::{file, root, runtime};
use serving::inspect::inspect;
use serving::{InferError, Limits, LoadError, LoadOptions, Priority, Reason, Tensor};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn each_bad_file_is_refused_for_its_reason() {
    let expected = [
        ("external_data_escape.onnx", Some(Reason::ExternalData)),
        ("external_data_absolute.onnx", Some(Reason::ExternalData)),
        ("external_data_beside.onnx", Some(Reason::ExternalData)),
        ("custom_operator.onnx", Some(Reason::CustomOperators)),
        ("custom_operator_in_subgraph.onnx", Some(Reason::CustomOperators)),
        ("empty.onnx", Some(Reason::Empty)),
        ("truncated.onnx", Some(Reason::Truncated)),
        ("png.onnx", Some(Reason::NotOnnx)),
        ("html.onnx", Some(Reason::NotOnnx)),
        ("bomb.zip", Some(Reason::NotOnnx)),
        ("bomb.onnx.gz", Some(Reason::NotOnnx)),
        ("slip.zip", Some(Reason::NotOnnx)),
        ("huge_initializer.onnx", Some(Reason::BadTensor)),
        ("overflowing_initializer.onnx", Some(Reason::BadTensor)),
        ("negative_dimension.onnx", Some(Reason::BadTensor)),
        ("no_outputs.onnx", Some(Reason::NoOutputs)),
        ("sequence_output.onnx", Some(Reason::UnsupportedType)),
        ("future_opset.onnx", Some(Reason::TooNew)),
        ("nested_500.onnx", Some(Reason::TooComplex)),
        // Well-formed files whose graph does not fit together: the runtime says so when they are loaded.
        ("unknown_operator.onnx", None),
        ("cyclic_graph.onnx", None),
        ("dangling_input.onnx", None),
    ];
    let runtime = runtime();
    for (name, reason) in expected {
        let started = Instant::now();
        let refused = runtime.load(&file(&format!("examples/hostile/{name}")), LoadOptions::default());
        match (refused, reason) {
            (Err(LoadError::Rejected(refused)), Some(reason)) => {
                assert_eq!(refused.reason, reason, "{name}: {}", refused.message);
                assert!(refused.message.ends_with('.') && refused.message.len() > 20, "{name}: {}", refused.message);
            }
            (Err(LoadError::Runtime(message)), None) => assert!(message.len() > 20, "{name}: {message}"),
            (other, _) => panic!("{name}: {other:?}"),
        }
        assert!(started.elapsed() < Duration::from_secs(2), "{name} took {:?}", started.elapsed());
    }
}

#[test]
fn the_message_names_what_is_wrong() {
    for (name, part) in [
        ("external_data_escape.onnx", "../../etc/passwd"),
        ("external_data_absolute.onnx", "/etc/passwd"),
        ("custom_operator.onnx", "com."),
        ("png.onnx", "PNG"),
        ("bomb.onnx.gz", "gzip"),
        ("huge_initializer.onnx", "1000000000000"),
    ] {
        let refused = inspect(&file(&format!("examples/hostile/{name}")), &Limits::default()).expect_err(name);
        assert!(refused.message.contains(part), "{name}: {}", refused.message);
    }
}

#[test]
fn every_hostile_file_is_tested() {
    let listed: Vec<serde_json::Value> = serde_json::from_slice(&file("examples/hostile/manifest.json")).expect("a list");
    let source = include_str!("hostile.rs");
    for entry in listed {
        let name = entry["file"].as_str().expect("a name");
        assert!(source.contains(&format!("\"{name}\"")), "{name} has no test");
        assert!(root().join("examples/hostile").join(name).exists(), "{name} is listed and not there");
    }
}

fn runs(name: &str, limit: Duration) -> Result<serving::Answer, InferError> {
    let options = LoadOptions { run_limit: limit, sessions: 1, ..LoadOptions::default() };
    let model = match runtime().load(&file(&format!("examples/hostile/{name}")), options) {
        Ok(model) => model,
        Err(error) => panic!("{name}: {error}"),
    };
    let row = model.inputs().iter().map(|spec| {
        let shape: Vec<usize> = spec.shape.iter().map(|&dim| usize::try_from(dim).unwrap_or(1)).collect();
        (spec.name.clone(), Tensor::zeros(spec.datatype, shape).expect("small"))
    });
    let row = Arc::new(row.collect());
    let answer = model.infer_blocking(row, Priority::Live);
    // The session is still there for the next one.
    let again = model.infer_blocking(Arc::new(Vec::new()), Priority::Live);
    assert!(matches!(again, Err(InferError::Refused(_) | InferError::Failed(_))), "{name}: {again:?}");
    answer
}

#[test]
fn forty_gigabytes_are_not_given() {
    for name in ["allocation_at_run.onnx", "allocation_constant.onnx"] {
        let answer = runs(name, Duration::from_secs(20));
        assert!(matches!(answer, Err(InferError::Failed(_))), "{name}: {answer:?}");
    }
}

#[test]
fn an_endless_run_is_stopped() {
    let started = Instant::now();
    let answer = runs("endless_loop.onnx", Duration::from_millis(500));
    assert_eq!(answer, Err(InferError::TookTooLong { limit: Duration::from_millis(500) }));
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}

#[test]
fn a_model_that_answers_nan_does_answer() {
    let answer = runs("nan_output.onnx", Duration::from_secs(5)).expect("it runs");
    assert!(answer.outputs.iter().any(|(_, tensor)| tensor.data().has_non_finite()));
}
