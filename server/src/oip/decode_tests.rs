//! Tables of requests and what they are read as, or why they are refused; and that no bytes at all make it panic.

use super::decode::{InferRequest, decode, decode_raw};
use super::encode::{About, encode};
use bytes::Bytes;
use contract::{DataType, TensorSpec};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use serving::tensor::{Data, Tensor};
use std::time::Duration;

fn body(json: Json, binary: &[u8]) -> (Bytes, Option<usize>) {
    let json = json.to_string();
    ([json.as_bytes(), binary].concat().into(), (!binary.is_empty()).then_some(json.len()))
}

fn read(json: Json, binary: &[u8]) -> Result<InferRequest, String> {
    let (body, header) = body(json, binary);
    decode(&body, header).map_err(|refusal| {
        assert_eq!(refusal.status, 400);
        refusal.message
    })
}

fn input(extra: Json) -> Json {
    let mut input = json!({"name": "x", "shape": [2, 2], "datatype": "FP32"});
    input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({ "inputs": [input] })
}

#[test]
fn json_flat_json_nested_and_binary_are_the_same_tensor() {
    let expected = Tensor::new([2, 2], Data::F32(vec![1.0, 2.0, 3.0, 4.5])).unwrap();
    let bytes: Vec<u8> = [1.0_f32, 2.0, 3.0, 4.5].iter().flat_map(|v| v.to_le_bytes()).collect();
    for request in [
        read(input(json!({"data": [1, 2, 3, 4.5]})), &[]),
        read(input(json!({"data": [[1, 2], [3, 4.5]]})), &[]),
        read(input(json!({"data": [[[1, 2]], [[3, 4.5]]]})), &[]),
        read(input(json!({"parameters": {"binary_data_size": 16}})), &bytes),
    ] {
        assert_eq!(request.unwrap().inputs, vec![("x".to_owned(), expected.clone())]);
    }
}

#[test]
fn parameters_are_read_and_reserved_ones_go_no_further() {
    let request = read(
        json!({
            "id": "r1", "inputs": [],
            "parameters": {"priority": 1, "timeout": 1500, "sequence_id": 7, "sequence_start": true, "routing_key": 42, "binary_data_output": true, "mine": "x"},
            "outputs": [{"name": "a"}, {"name": "b", "parameters": {"binary_data": false, "classification": 3}}]
        }),
        &[],
    )
    .unwrap();
    assert_eq!((request.id.as_deref(), request.priority, request.timeout), (Some("r1"), 1, Some(Duration::from_micros(1_500))));
    assert_eq!((request.routing_key.as_deref(), request.binary_output), (Some("42"), true));
    assert_eq!((request.outputs[1].binary, request.outputs[1].classes), (Some(false), Some(3)));
}

#[test]
fn each_mistake_is_named() {
    for (request, binary, part) in [
        (json!({}), &b""[..], "missing field `inputs`"),
        (json!([1]), b"", "parse"),
        (input(json!({"data": [1, 2, 3]})), b"", "3 came"),
        (input(json!({"data": [[1, 2, 3, 4]]})), b"", "nested as [1, 4], its shape says [2, 2]"),
        (input(json!({"data": [1, 2, 3, "x"]})), b"", "\"x\" is not a number"),
        (input(json!({"data": 5})), b"", "not an array"),
        (input(json!({"shape": [-1, 2], "data": []})), b"", "negative dimension"),
        (input(json!({"shape": [1i64 << 40, 1i64 << 40], "data": []})), b"", "too large"),
        (input(json!({"datatype": "FP31", "data": []})), b"", "unknown datatype 'FP31'"),
        (input(json!({"datatype": "FP16", "data": [1, 2, 3, 4]})), b"", "use the binary data format"),
        (input(json!({})), b"", "neither 'data' nor"),
        (input(json!({"data": [1], "parameters": {"binary_data_size": 1}})), b"x", "both 'data' and"),
        (input(json!({"parameters": {"binary_data_size": 99}})), b"x", "only 1 bytes"),
        (input(json!({"parameters": {"binary_data_size": 15}})), &[0; 15], "unexpected size"),
        (input(json!({"parameters": {"binary_data_size": -1}})), b"x", "whole number"),
        (input(json!({"parameters": {"binary_data_size": 16}})), &[0; 17], "additional input data"),
        (input(json!({"parameters": {"shared_memory_region": "r"}})), b"", "shared memory"),
        (json!({"inputs": [], "parameters": {"triton_x": 1}}), b"", "reserved"),
        (json!({"inputs": [], "parameters": {"x": {}}}), b"", "parameter 'x'"),
        (json!({"inputs": [], "parameters": {"timeout": "soon"}}), b"", "microseconds"),
        (json!({"inputs": [], "outputs": [{"name": "a"}, {"name": "a"}]}), b"", "twice"),
    ] {
        let error = read(request.clone(), binary).unwrap_err();
        assert!(error.contains(part), "{request}: {error}");
    }
    assert!(decode(&Bytes::from_static(b"{}"), Some(3)).unwrap_err().message.contains("only 2 bytes"));
}

#[test]
fn a_raw_request_takes_its_shape_from_the_model() {
    let spec = |datatype, shape: &[i64]| vec![TensorSpec { name: "x".into(), datatype, shape: shape.to_vec() }];
    for (specs, bytes, expected) in [
        (spec(DataType::Fp32, &[-1, 2]), 16, Ok(vec![2, 2])),
        (spec(DataType::Fp32, &[2, 2]), 16, Ok(vec![2, 2])),
        (spec(DataType::Uint8, &[-1, -1]), 5, Ok(vec![1, 5])),
        (spec(DataType::Bytes, &[-1, 1]), 5, Ok(vec![1, 1])),
        (spec(DataType::Fp32, &[-1, 2]), 12, Err("multiple of 8")),
        (spec(DataType::Fp32, &[2, 2]), 32, Err("expected 16")),
        (spec(DataType::Fp32, &[2, -1, -1]), 32, Err("more than one open")),
        (spec(DataType::Fp32, &[-1, 0]), 0, Err("holds no data")),
        (vec![], 4, Err("one input")),
    ] {
        let body = Bytes::from(vec![0; bytes]);
        match (decode_raw(&body, &specs), expected) {
            (Ok(request), Ok(shape)) => {
                assert_eq!(request.inputs[0].1.shape(), shape);
                assert!(request.binary_output);
            }
            (Err(refusal), Err(part)) => assert!(refusal.message.contains(part), "{}", refusal.message),
            (got, expected) => panic!("{specs:?} {bytes}: {got:?}, not {expected:?}"),
        }
    }
}

#[test]
fn a_response_says_who_answered_and_puts_binary_behind_the_json() {
    let outputs = vec![
        ("label".to_owned(), Tensor::strings(["yes"])),
        ("p".to_owned(), Tensor::new([1, 2], Data::F32(vec![0.25, 0.75])).unwrap()),
    ];
    let about = About {
        model_name: "churn",
        model_version: "3".into(),
        prediction_id: "p1",
        served_by: "v3",
        arm: "canary",
        fallback: None,
        cached: false,
    };
    let request = read(
        json!({"id": "7", "inputs": [], "outputs": [{"name": "p", "parameters": {"binary_data": true}}, {"name": "label"}]}),
        &[],
    )
    .unwrap();
    let encoded = encode(&request, &outputs, &about, &[]).unwrap();
    let at = encoded.header_length.unwrap();
    let json: Json = serde_json::from_slice(&encoded.body[..at]).unwrap();
    assert_eq!(
        json,
        json!({
            "id": "7", "model_name": "churn", "model_version": "3",
            "parameters": {"prediction_id": "p1", "served_by": "v3", "arm": "canary"},
            "outputs": [
                {"name": "p", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}},
                {"name": "label", "datatype": "BYTES", "shape": [1], "data": ["yes"]}
            ]
        })
    );
    assert_eq!(&encoded.body[at..], [0.25_f32.to_le_bytes(), 0.75_f32.to_le_bytes()].concat());

    let plain =
        encode(&InferRequest::default(), &outputs, &About { fallback: Some("previous"), cached: true, ..about }, &[]).unwrap();
    let json: Json = serde_json::from_slice(&plain.body).unwrap();
    assert_eq!((plain.header_length, json.get("id"), &json["parameters"]["fallback"]), (None, None, &json!("previous")));
    assert_eq!(json["parameters"]["cached"], true);
    assert_eq!(json["outputs"][1]["data"], json!([0.25, 0.75]));
}

/// Any JSON, the protocol's own words among it.
fn strange() -> impl Strategy<Value = Json> {
    let plain = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "[a-z\\[\\]\"\\\\ -~]{0,8}".prop_map(Json::from),
        prop::sample::select(vec!["FP32", "FP16", "BYTES", "BOOL", "INT64", "x", "", "\u{0}"]).prop_map(Json::from),
    ];
    plain.prop_recursive(4, 24, 4, |inner| {
        let keys = prop::sample::select(vec![
            "name",
            "shape",
            "datatype",
            "data",
            "parameters",
            "binary_data_size",
            "binary_data",
            "classification",
            "timeout",
            "",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((keys, inner), 0..6)
                .prop_map(|fields| fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Json>()),
        ]
    })
}

/// Pointers to every place of a value but itself.
fn places(value: &Json, at: String) -> Vec<String> {
    let inner: Vec<(String, &Json)> = match value {
        Json::Object(fields) => fields.iter().map(|(key, value)| (format!("{at}/{key}"), value)).collect(),
        Json::Array(items) => items.iter().enumerate().map(|(i, value)| (format!("{at}/{i}"), value)).collect(),
        _ => Vec::new(),
    };
    inner.into_iter().flat_map(|(path, value)| std::iter::once(path.clone()).chain(places(value, path))).collect()
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), header in prop::option::of(0usize..220)) {
        let _ = decode(&bytes.into(), header);
    }

    #[test]
    fn any_data_is_read_or_refused(data in "[\\[\\]{},0-9eE.+\\-\"\\\\a-z u]{0,60}", kind in 0usize..14, dims in prop::collection::vec(-1i64..4, 0..3)) {
        let datatype = DataType::ALL[kind];
        let body = format!(r#"{{"inputs":[{{"name":"x","datatype":"{datatype}","shape":{dims:?},"data":{data}}}]}}"#);
        if let Ok(request) = decode(&body.into(), None) {
            let tensor = &request.inputs[0].1;
            prop_assert_eq!(tensor.data().len(), tensor.shape().iter().product::<usize>());
        }
    }

    #[test]
    fn a_request_with_one_strange_place_is_read_or_refused_by_name(at in any::<prop::sample::Index>(), strange in strange(), left_out in any::<bool>()) {
        let good = json!({
            "id": "7", "parameters": {"binary_data_output": true, "priority": 1, "timeout": 5, "routing_key": "k"},
            "inputs": [{"name": "age", "shape": [2, 2], "datatype": "FP32", "parameters": {"binary_data_size": 16}}, {"name": "plan", "shape": [1], "datatype": "BYTES", "data": ["gold"]}],
            "outputs": [{"name": "label", "parameters": {"binary_data": true, "classification": 2}}]
        });
        let places = places(&good, String::new());
        let place = at.get(&places);
        let mut bad = good.clone();
        let (parent, key) = place.rsplit_once('/').expect("a pointer");
        match bad.pointer_mut(parent) {
            Some(Json::Object(fields)) if left_out => drop(fields.remove(key)),
            Some(Json::Array(items)) if left_out => drop(items.remove(key.parse::<usize>().expect("an index"))),
            _ => *bad.pointer_mut(place).expect("a place") = strange,
        }
        match read(bad.clone(), &[0; 16]) {
            // What is read holds what its shapes say.
            Ok(request) => prop_assert!(request.inputs.iter().all(|(_, tensor)| Some(tensor.data().len()) == serving::tensor::elements(tensor.shape()))),
            Err(error) => {
                let key = place.rsplit('/').find(|part| part.parse::<usize>().is_err()).expect("a key");
                // The key, the input or output that it belongs to (by whichever name it has now), or the parameter: one of them is told. Where an input is gone or
                // has another size, its bytes are what is left over.
                let owner = ["input '", "output '", "inputs[", "outputs[", "parameter", "binary data", "additional input data"];
                prop_assert!(error.contains(key) || owner.iter().any(|name| error.contains(name)), "{place}: {bad}: {error}");
            }
        }
    }

    #[test]
    fn any_request_of_any_types_is_read_or_refused(request in strange(), tail in prop::collection::vec(any::<u8>(), 0..40), cut in 0usize..60) {
        let text = json!({ "inputs": [request.clone()], "outputs": [request.clone()], "parameters": request }).to_string();
        let _ = decode(&[text.as_bytes(), &tail].concat().into(), Some(text.len() - cut.min(text.len())));
    }

    #[test]
    fn any_raw_body_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64), kind in 0usize..14, dims in prop::collection::vec(-1i64..5, 0..4)) {
        let spec = TensorSpec { name: "x".into(), datatype: DataType::ALL[kind], shape: dims };
        match decode_raw(&bytes.into(), std::slice::from_ref(&spec)) {
            Ok(request) => {
                let shape = request.inputs[0].1.shape();
                prop_assert!(spec.datatype == DataType::Bytes || shape.iter().zip(&spec.shape).all(|(&got, &told)| told < 0 || got as i64 == told));
            }
            Err(refusal) => prop_assert!(refusal.message.contains("'x'"), "{}", refusal.message),
        }
    }

    #[test]
    fn binary_goes_in_and_comes_out_the_same(values in prop::collection::vec(any::<f32>(), 0..50)) {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let json = json!({
            "inputs": [{"name": "x", "shape": [values.len()], "datatype": "FP32", "parameters": {"binary_data_size": bytes.len()}}],
            "parameters": {"binary_data_output": true}
        }).to_string();
        let request = decode(&[json.as_bytes(), &bytes].concat().into(), Some(json.len())).unwrap();
        let about = About { model_name: "m", model_version: "1".into(), prediction_id: "p", served_by: "v1", arm: "stable", fallback: None, cached: false };
        let encoded = encode(&request, &request.inputs.clone(), &about, &[]).unwrap();
        prop_assert_eq!(&encoded.body[encoded.header_length.unwrap()..], &bytes[..]);
    }
}
