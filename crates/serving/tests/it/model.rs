//! The pool, the queue and the batches: right answers, whatever the neighbours do.

use crate::support::{floats, load, load_with, small, tensor, x};
use contract::DataType;
use serving::inspect::inspect;
use serving::model::check;
use serving::{Data, InferError, Limits, LoadError, LoadOptions, Model, Named, Priority, Reason};
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

fn ask(model: &Model, inputs: Named) -> Result<Named, InferError> {
    let inputs = model.check(inputs).unwrap_or_else(|bad| panic!("{bad}"));
    model.infer_blocking(Arc::new(inputs), Priority::Live).map(|answer| answer.outputs)
}

#[test]
fn the_file_is_described() {
    let info = inspect(&small("double"), &Limits::default()).expect("it is fine");
    assert_eq!(info.inputs, [contract::TensorSpec { name: "x".into(), datatype: DataType::Fp32, shape: vec![-1, 2] }]);
    assert_eq!(
        (info.ir_version, info.parameters, info.producer.as_str(), info.graph_name.as_str()),
        (9, 2, "slipway-tests", "double")
    );
    assert_eq!(info.operators.iter().map(|(name, n)| (name.as_str(), *n)).collect::<Vec<_>>(), [("Add", 1), ("Mul", 1)]);
    assert!(info.batched());
    let zipmap = inspect(&small("zipmap_text"), &Limits::default()).expect("it is fine");
    assert_eq!(zipmap.classes, ["no", "yes"]);
    assert_eq!(zipmap.non_tensor_outputs[0].kind, "sequence of maps from BYTES to FP32");
    let default = inspect(&small("with_default"), &Limits::default()).expect("it is fine");
    assert_eq!(default.inputs.len(), 1, "an input with a default is none to us");
}

#[test]
fn functions_of_the_file_are_fine_unless_they_hide_an_operator() {
    assert_eq!(floats(&ask(&load("own_function"), x(2, &[1.0, 2.0])).expect("it runs"), "y"), [2.0, 4.0]);
    let refused = inspect(&small("function_hides_operator"), &Limits::default()).expect_err("com.evil.Secret");
    assert_eq!(refused.reason, Reason::CustomOperators);
    assert!(refused.message.contains("com.evil.Secret"), "{}", refused.message);
}

#[test]
fn a_cut_off_file_is_refused_wherever_it_is_cut() {
    let whole = small("zipmap_text");
    for length in 0..whole.len() {
        let refused = inspect(&whole[..length], &Limits::default());
        assert!(refused.is_err(), "the first {length} of {} bytes", whole.len());
    }
}

/// Any single flipped bit: the file is described or refused, at once. (Whether the runtime survives it is for a trial.)
#[test]
fn flipped_bits_are_described_or_refused() {
    for name in ["double", "zipmap_text", "own_function", "slow", "every_type"] {
        let whole = small(name);
        for at in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[at / 8] ^= 1 << (at % 8);
            if let Err(refused) = inspect(&bytes, &Limits::default()) {
                assert!(refused.message.len() > 20 && refused.message.len() < 2_000, "{name}, bit {at}: {}", refused.message);
            }
        }
    }
}

#[test]
fn every_type_goes_through_unchanged() {
    let model = load("every_type");
    let inputs: Named = model
        .inputs()
        .iter()
        .map(|spec| {
            let bytes: Vec<u8> = match spec.datatype {
                DataType::Bool => vec![1, 0, 0, 1],
                DataType::Bytes => ["a", "", "ä€", "long text"]
                    .iter()
                    .flat_map(|t| [&(t.len() as u32).to_le_bytes()[..], t.as_bytes()].concat())
                    .collect(),
                // 1.5 in the upper bytes of each half-float or float; plain numbers otherwise.
                other => (0..4 * other.size().unwrap_or(1)).map(|i| (i * 7 % 60) as u8).collect(),
            };
            (spec.name.clone(), serving::Tensor::from_le_bytes(spec.datatype, [2, 2], &bytes).expect("right length"))
        })
        .collect();
    let outputs = ask(&model, inputs.clone()).expect("it runs");
    assert_eq!(outputs.len(), 14);
    for ((name, sent), (output, got)) in inputs.iter().zip(&outputs) {
        assert_eq!((format!("{name}_out"), sent), (output.clone(), got));
    }
}

#[test]
fn text_that_is_no_text_is_bad_input() {
    let model = load("every_type");
    let mut inputs: Named = model
        .inputs()
        .iter()
        .map(|spec| (spec.name.clone(), serving::Tensor::zeros(spec.datatype, [1, 2]).expect("small")))
        .collect();
    for (bad, words) in [(&b"\xff\xfe"[..], "not UTF-8"), (b"a\0b", "zero byte")] {
        inputs[13].1 = tensor(&[1, 2], Data::Bytes(vec![b"fine".to_vec(), bad.to_vec()]));
        match ask(&model, inputs.clone()) {
            Err(InferError::BadInput { field, message }) => {
                assert!(field == "text" && message.contains(words) && message.contains("value 1"), "{message}")
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn class_maps_become_a_matrix() {
    for (name, labels) in [("zipmap_text", DataType::Bytes), ("zipmap_numbers", DataType::Int64)] {
        let model = load(name);
        let specs: Vec<_> = model.outputs().iter().map(|spec| (spec.name.as_str(), spec.datatype, spec.shape.clone())).collect();
        assert_eq!(specs, [("label", labels, vec![-1]), ("maps", DataType::Fp32, vec![-1, 2])]);
        let outputs = ask(&model, x(2, &[5.0, 0.0, -5.0, 0.0])).expect("it runs");
        assert_eq!(outputs[0].1.data().text(0), Some(if name == "zipmap_text" { "yes" } else { "1" }.into()));
        let scores = floats(&outputs, "maps");
        assert_eq!(outputs[1].1.shape(), [2, 2]);
        assert!(scores[1] > 0.99 && scores[2] > 0.99, "columns are no, yes: {scores:?}");
    }
}

#[test]
fn no_rows_get_no_answers_and_one_row_models_take_one() {
    let outputs = ask(&load("double"), x(2, &[])).expect("an empty batch runs");
    assert_eq!(outputs[0].1.shape(), [0, 2]);
    let model = load("one_row");
    assert!(!model.batched() && !model.batches());
    assert_eq!(floats(&ask(&model, x(3, &[1.0, 2.0, 3.0])).expect("it runs"), "y"), [-1.0, -2.0, -3.0]);
    assert_eq!(
        model.check(x(3, &[0.0; 6])).map_err(|bad| bad.message),
        Err("input “x”: expected shape [1, 3] (-1: any), got [2, 3]".into())
    );
}

/// Whether rows may share a run is found out when the model is loaded.
#[test]
fn rows_share_a_run_only_where_that_changes_nothing() {
    for (name, shares) in [
        ("double", true),
        ("wrong_label", true),
        ("zipmap_text", true),
        ("slow", true),
        ("mean_of_batch", false),
        ("one_row", false),
    ] {
        assert_eq!(load(name).batches(), shares, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_at_once_get_their_own_answers() {
    let model = load("double");
    let asked: Vec<_> = (0..1_000u16)
        .map(|i| {
            let (model, rows) = (model.clone(), usize::from(i % 3) + 1);
            tokio::spawn(async move {
                let values: Vec<f32> = (0..rows * 2).map(|v| f32::from(i) + v as f32 / 8.0).collect();
                let answer = model.infer(Arc::new(x(2, &values)), Priority::Live, None).await.expect("an answer");
                let expected: Vec<f32> = values.iter().map(|v| 2.0 * v + 1.0).collect();
                assert_eq!(floats(&answer.outputs, "y"), expected, "request {i}");
                assert_eq!(answer.outputs[0].1.shape(), [rows, 2]);
            })
        })
        .collect();
    for asked in asked {
        asked.await.expect("no request panicked");
    }
    let rows: u64 = model.batch_stats().iter().map(|batch| batch.rows as u64 * batch.runs).sum();
    assert_eq!(rows, (0..1_000u64).map(|i| i % 3 + 1).sum::<u64>(), "every row ran once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_piles_up_runs_together() {
    let model = load_with("slow", LoadOptions { sessions: 1, max_batch: 16, ..LoadOptions::default() });
    let alone = model.infer(Arc::new(x(2, &[0.5, 0.25])), Priority::Live, None).await.expect("an answer");
    let asked: Vec<_> = (0..64)
        .map(|_| {
            tokio::spawn({
                let model = model.clone();
                async move { model.infer(Arc::new(x(2, &[0.5, 0.25])), Priority::Live, None).await }
            })
        })
        .collect();
    let (mut runs, mut largest) = (0, 0);
    for asked in asked {
        let answer = asked.await.expect("no panic").expect("an answer");
        assert_eq!(answer.outputs, alone.outputs, "company changes nothing");
        runs += usize::from(answer.timings.leads_run);
        largest = largest.max(answer.timings.batch_rows);
    }
    assert!(runs < 32, "64 requests took {runs} runs");
    assert!((2..=16).contains(&largest), "the largest batch had {largest} rows");
}

/// Asks for sixteen rows in as many tasks of one thread; how many of them shared a run.
async fn sixteen(model: &Arc<Model>) -> usize {
    let asked: Vec<_> = (0..16u8)
        .map(|i| {
            let model = model.clone();
            tokio::spawn(async move {
                let value = f32::from(i);
                let answer = model.infer(Arc::new(x(2, &[value, 1.0])), Priority::Live, None).await.expect("an answer");
                assert_eq!(floats(&answer.outputs, "y"), [2.0 * value + 1.0, 3.0], "its own");
                answer.timings.batch_rows
            })
        })
        .collect();
    let mut shared = 0;
    for asked in asked {
        shared += usize::from(asked.await.expect("no panic") > 1);
    }
    shared
}

#[tokio::test]
async fn callers_that_are_ready_together_share_a_run() {
    let model = load("double");
    let mut shared = 0;
    for _ in 0..50 {
        shared += sixteen(&model).await;
    }
    assert!(shared > 400, "{shared} of 800 requests shared a run");
    let runs: u64 = model.batch_stats().iter().map(|batch| batch.runs).sum();
    assert!(runs < 400, "800 requests took {runs} runs");
}

/// Whoever leads a run may go away before its turn: those who wait for it are answered all the same.
#[tokio::test]
async fn a_leader_that_gives_up_leaves_nobody_behind() {
    let model = load("double");
    let ask = |value: f32| Box::pin(model.infer(Arc::new(x(2, &[value, 1.0])), Priority::Live, None));
    let mut led = 0;
    for _ in 0..20 {
        sixteen(&model).await;
        let (mut leader, mut other) = (ask(1.0), ask(2.0));
        let leads = poll_fn(|cx| Poll::Ready(leader.as_mut().poll(cx).is_pending())).await;
        let waits = poll_fn(|cx| Poll::Ready(other.as_mut().poll(cx).is_pending())).await;
        if leads && waits {
            led += 1;
            drop(leader);
            let answer = tokio::time::timeout(Duration::from_secs(10), other).await.expect("in time").expect("an answer");
            assert_eq!(floats(&answer.outputs, "y"), [5.0, 3.0]);
        }
    }
    assert!(led > 5, "only {led} of 20 led a run");
}

/// A division by zero fails the whole run: its neighbours are asked again, alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_row_fails_alone() {
    let model = load_with("divide", LoadOptions { sessions: 1, ..LoadOptions::default() });
    let request =
        |b: i64| vec![("a".to_owned(), tensor(&[1], Data::I64(vec![100]))), ("b".to_owned(), tensor(&[1], Data::I64(vec![b])))];
    let asked: Vec<_> = (0..200i64)
        .map(|i| {
            tokio::spawn({
                let (model, inputs) = (model.clone(), Arc::new(request(i % 10)));
                async move { (i, model.infer(inputs, Priority::Live, None).await) }
            })
        })
        .collect();
    for asked in asked {
        match asked.await.expect("no panic") {
            (i, Err(InferError::Failed(message))) => {
                assert!(i % 10 == 0 && message.contains("division by zero"), "request {i}: {message}")
            }
            (i, Ok(answer)) => assert_eq!(answer.outputs[0].1.data(), &Data::I64(vec![100 / (i % 10)]), "request {i}"),
            (i, other) => panic!("request {i}: {other:?}"),
        }
    }
}

#[test]
fn an_index_out_of_bounds_is_the_callers_fault() {
    let model = load("lookup");
    let asked = |i: i64| ask(&model, vec![("i".into(), tensor(&[1], Data::I64(vec![i])))]);
    assert_eq!(floats(&asked(2).expect("in bounds"), "y"), [12.0]);
    assert!(matches!(asked(99), Err(InferError::Refused(_))), "{:?}", asked(99));
}

/// i64::MIN / -1 overflows, which is a signal to the whole process.
#[test]
fn a_division_that_would_stop_the_process_is_refused() {
    let model = load("divide");
    let inputs =
        |a: i64| vec![("a".to_owned(), tensor(&[1], Data::I64(vec![a]))), ("b".to_owned(), tensor(&[1], Data::I64(vec![-1])))];
    let refused = model.check(inputs(i64::MIN)).expect_err("it would overflow");
    assert_eq!(
        (refused.field.as_str(), refused.message.as_str()),
        ("a", "input “a” holds -9223372036854775808, which cannot be divided safely")
    );
    assert_eq!(ask(&model, inputs(i64::MAX)).expect("it runs")[0].1.data(), &Data::I64(vec![-i64::MAX]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_bounded_and_late_or_abandoned_requests_are_not_run() {
    let model = load_with("slow", LoadOptions { sessions: 1, max_batch: 1, queue_rows: 8, ..LoadOptions::default() });
    let row = Arc::new(x(2, &[0.5, 0.25]));
    let alone = model.infer(row.clone(), Priority::Live, None).await.expect("an answer").timings.compute;
    let mut waiting = Vec::new();
    let refused = loop {
        let (model, row) = (model.clone(), row.clone());
        waiting.push(tokio::spawn(async move { model.infer(row, Priority::Live, None).await }));
        tokio::time::sleep(Duration::from_millis(1)).await;
        if waiting.len() > 200 {
            panic!("200 requests were let in, with a bound of 8");
        }
        if let Some(at) = waiting.iter().position(tokio::task::JoinHandle::is_finished) {
            match waiting.swap_remove(at).await.expect("no panic") {
                Err(error) => break error,
                Ok(_) => continue,
            }
        }
    };
    assert!(matches!(refused, InferError::Overloaded { retry_after } if retry_after >= Duration::from_millis(50)), "{refused:?}");
    // Everybody goes away: the model is free again at once, not after eight runs.
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    let runs = || model.batch_stats().iter().map(|batch| batch.runs).sum::<u64>();
    tokio::time::sleep(alone * 3 + Duration::from_millis(50)).await;
    let before = runs();
    tokio::time::sleep(alone * 3).await;
    assert_eq!(runs(), before, "abandoned requests were run");
    let late = model.infer(row, Priority::Live, Some(Instant::now())).await;
    assert_eq!(late, Err(InferError::DeadlineExceeded));
}

/// What a run costs is measured while the model is loaded, so that the first requests are judged by it.
#[test]
fn the_cost_is_known_before_the_first_request() {
    let cost = load("slow").cost();
    assert!(cost.sure && cost.run(1) > 0.0 && cost.run(64) >= cost.run(1), "{cost:?}");
    let one = load("one_row");
    assert!(!one.cost().known(), "{:?}", one.cost());
    for _ in 0..5 {
        ask(&one, x(3, &[1.0, 2.0, 3.0])).expect("an answer");
    }
    assert!(one.cost().known() && !one.cost().sure, "{:?}", one.cost());
}

/// Five runs are before it, and its time is one: it is told so before they are done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_cannot_be_in_time_is_refused_at_once() {
    let model = load_with("slow", LoadOptions { sessions: 1, max_batch: 1, ..LoadOptions::default() });
    let row = Arc::new(x(2, &[0.5, 0.25]));
    let alone = Duration::from_secs_f64(model.cost().run(1));
    let waiting: Vec<_> = (0..30)
        .map(|_| {
            tokio::spawn({
                let (model, row) = (model.clone(), row.clone());
                async move { model.infer(row, Priority::Live, None).await }
            })
        })
        .collect();
    while model.waiting_rows() < 20 {
        assert!(!waiting.iter().all(tokio::task::JoinHandle::is_finished), "they never waited");
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    match model.infer(row, Priority::Live, Some(Instant::now() + alone)).await {
        Err(InferError::TooLate { expected, retry_after }) => {
            assert!(expected > alone && retry_after > alone, "{expected:?} {retry_after:?} {alone:?}")
        }
        other => panic!("{other:?}"),
    }
    for waiting in waiting {
        waiting.await.expect("no panic").expect("who was let in is answered");
    }
}

/// Whoever panics over an answer does so alone.
#[test]
fn a_panic_over_an_answer_harms_nobody_else() {
    let model = load_with("double", LoadOptions { sessions: 1, ..LoadOptions::default() });
    for _ in 0..5 {
        model
            .infer_then(Arc::new(x(2, &[1.0, 2.0])), Priority::Live, |_| panic!("a callback that fails"))
            .expect("there is room");
        assert_eq!(floats(&ask(&model, x(2, &[1.0, 2.0])).expect("the session lives"), "y"), [3.0, 5.0]);
    }
    assert_eq!(model.restarts(), 0);
}

#[test]
fn dropping_a_model_answers_what_waits() {
    let model = load_with("slow", LoadOptions { sessions: 1, max_batch: 1, ..LoadOptions::default() });
    let (sender, answers) = std::sync::mpsc::channel();
    for _ in 0..5 {
        let sender = sender.clone();
        model
            .infer_then(Arc::new(x(2, &[0.5, 0.25])), Priority::Live, move |answer| {
                sender.send(answer.is_ok()).expect("somebody listens")
            })
            .expect("there is room");
    }
    drop(sender);
    drop(model);
    assert_eq!(answers.iter().filter(|ok| *ok).count(), 5);
}

#[test]
fn what_is_no_model_says_so() {
    let runtime = crate::support::runtime();
    assert!(matches!(runtime.load(b"", LoadOptions::default()), Err(LoadError::Rejected(_))));
    assert!(runtime.version().starts_with("1."), "{}", runtime.version());
    assert!(serving::Runtime::start(std::path::Path::new("/nowhere/lib.so")).is_err());
    assert!(check(&[], &[], x(1, &[1.0])).is_err());
}
