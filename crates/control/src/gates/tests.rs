//! The gates on the real example models, on both engines.

use super::*;
use crate::datasets::Upload;
use crate::registry::{Registration, champion_in, register_version};
use crate::testing::{contexts_with_runtime, example, person};
use crate::{Actor, Ctx};
use contract::deployment::{DeploymentSettings, Fallback};
use contract::inputs::{CreateDeployment, RegisterVersion};
use contract::rule::Rule;
use contract::verdict::State;
use contract::views::gates::{GateLine, GatesView};
use contract::{ModelName, ProblemKind, Role, Verdict, VersionNo};

fn engineer() -> Actor {
    person("lena", Role::Engineer)
}

async fn push(cx: &Ctx, name: &str, file: &str, segments: &[&str]) -> VersionNo {
    let upload = |path: String| Some(Upload { file_name: "x.csv".into(), bytes: example(&path) });
    let input = Registration {
        model: ModelName::from(name),
        onnx: example(&format!("{name}/{file}")),
        meta: RegisterVersion { segments: segments.iter().map(|s| (*s).to_owned()).collect(), ..Default::default() },
        reference: upload(format!("{name}/reference.csv")),
        heldback: upload(format!("{name}/heldback.csv")),
        idempotency_key: None,
    };
    register_version(cx, &engineer(), input).await.unwrap_or_else(|problem| panic!("{name}: {problem}")).version
}

async fn crown(cx: &Ctx, name: &str, version: VersionNo) {
    let mut tx = cx.store.db.begin().await.unwrap();
    champion_in(cx, &mut tx, &Actor::system(), &ModelName::from(name), version).await.unwrap();
    tx.commit().await.unwrap();
}

fn gate<'a>(view: &'a GatesView, key: &str) -> &'a GateLine {
    view.gates.iter().find(|gate| gate.key == key).unwrap_or_else(|| panic!("no gate {key}"))
}

#[tokio::test]
async fn churn_as_the_story_has_it() {
    for (cx, _) in contexts_with_runtime().await {
        let model = ModelName::from("churn");
        push(&cx, "churn", "v2.onnx", &["international_plan", "area_code"]).await;
        assert_eq!(run_queued(&cx).await.unwrap(), 1);
        let first = view(&cx, &engineer(), &model, VersionNo(1)).await.unwrap();
        assert_eq!(
            first.state,
            State::Ok,
            "{}: {:#?}",
            first.summary,
            first.gates.iter().filter(|g| g.required && g.verdict != Verdict::Pass).collect::<Vec<_>>()
        );
        // As examples/churn/metrics.json says: ROC AUC 0.8776, accuracy 0.9368 on 1,250 rows.
        assert_eq!(gate(&first, "accuracy").value, "0.878");
        let kept = heldback_metrics(&cx, &model, VersionNo(1)).await.unwrap().unwrap();
        assert_eq!(kept.rows, 1_250);
        assert!(
            (kept.metrics["roc_auc"] - 0.8776).abs() < 5e-5 && (kept.metrics["accuracy"] - 0.9368).abs() < 5e-5,
            "{:?}",
            kept.metrics
        );
        assert_eq!((gate(&first, "champion").required, gate(&first, "champion").verdict), (false, Verdict::Insufficient));
        assert!(gate(&first, "rule").evidence.contains("if "), "{}", gate(&first, "rule").evidence);

        crown(&cx, "churn", VersionNo(1)).await;
        for (file, version) in [("v3.onnx", VersionNo(2)), ("v4.onnx", VersionNo(3))] {
            push(&cx, "churn", file, &["international_plan", "area_code"]).await;
            let view = run(&cx, &engineer(), &model, version).await.unwrap();
            assert_eq!(
                view.state,
                State::Ok,
                "{file}: {} {:#?}",
                view.summary,
                view.gates.iter().filter(|g| g.required && g.verdict != Verdict::Pass).collect::<Vec<_>>()
            );
            let better = gate(&view, "champion");
            assert!(better.required && better.verdict == Verdict::Pass && better.value.starts_with('+'), "{better:?}");
            assert!(better.evidence.contains("McNemar"));
            assert_eq!(view.segments.as_ref().unwrap().lines.iter().filter(|line| line.segment == "area_code").count(), 3);
            assert!((view.inputs.iter().map(|input| input.candidate).sum::<f64>() - 1.0).abs() < 1e-9);
            let (_, found) = report(&cx, &model, version).await.unwrap().unwrap();
            let all = found.flips.last().unwrap();
            assert!(all.group == "All" && all.n == 1_250 && all.newly + all.no_longer > 0);
        }
        let fourth = view(&cx, &engineer(), &model, VersionNo(3)).await.unwrap();
        assert_eq!(gate(&fourth, "accuracy").value, "0.983");

        // A rule that people have declared takes the place of the one that is searched for.
        let rule = Rule::new("if number_customer_service_calls >= 4 then yes else no");
        let settings = DeploymentSettings { fallback: vec![Fallback::Rule { rule }], ..DeploymentSettings::new(model.clone()) };
        let input = CreateDeployment { name: "churn".into(), settings };
        crate::deployments::create(&cx, &engineer(), input).await.unwrap();
        let again = run(&cx, &engineer(), &model, VersionNo(1)).await.unwrap();
        let rule = gate(&again, "rule");
        let said =
            "The rule that deployment churn falls back on: if number_customer_service_calls >= 4 then yes else no. It reaches 0.";
        assert!(rule.evidence.starts_with(said) && rule.verdict == Verdict::Pass, "{rule:?}");
    }
}

#[tokio::test]
async fn a_worse_version_fails_against_the_champion() {
    for (cx, _) in contexts_with_runtime().await.into_iter().take(1) {
        push(&cx, "churn", "v3.onnx", &[]).await;
        crown(&cx, "churn", VersionNo(1)).await;
        push(&cx, "churn", "v1.onnx", &[]).await;
        let view = run(&cx, &engineer(), &ModelName::from("churn"), VersionNo(2)).await.unwrap();
        assert_eq!((view.state, gate(&view, "champion").verdict), (State::Bad, Verdict::Fail));
        // What was queued at registration has been done by asking for it: version 1 still waits, version 2 does not run again.
        assert_eq!(run_queued(&cx).await.unwrap(), 2);
        let after = super::view(&cx, &engineer(), &ModelName::from("churn"), VersionNo(2)).await.unwrap();
        assert_eq!(after.run, view.run);
    }
}

#[tokio::test]
async fn the_other_examples_pass() {
    for (cx, _) in contexts_with_runtime().await.into_iter().take(1) {
        for (name, file, value) in [
            ("bikes", "v2.onnx", "0.929"),
            ("digits", "v2.onnx", "97.0%"),
            ("flights", "v2.onnx", "0.907"),
            ("churn_matrix", "v2.onnx", "0.930"),
        ] {
            let version = push(&cx, name, file, &[]).await;
            let view = run(&cx, &engineer(), &ModelName::from(name), version).await.unwrap();
            let held: Vec<_> = view
                .gates
                .iter()
                .filter(|g| g.required && g.verdict != Verdict::Pass)
                .map(|g| (&g.key, &g.value, &g.interval, &g.needed, &g.evidence))
                .collect();
            assert_eq!((view.state, gate(&view, "accuracy").value.as_str()), (State::Ok, value), "{name}: {held:#?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_judged_says_why() {
    for (cx, _) in contexts_with_runtime().await {
        let model = ModelName::from("churn");
        let input = Registration {
            model: model.clone(),
            onnx: example("churn/v2.onnx"),
            meta: RegisterVersion::default(),
            reference: None,
            heldback: None,
            idempotency_key: None,
        };
        register_version(&cx, &engineer(), input).await.unwrap();
        assert_eq!(view(&cx, &engineer(), &model, VersionNo(1)).await.unwrap().word, "not run");
        let problem = run(&cx, &engineer(), &model, VersionNo(1)).await.unwrap_err();
        assert!(problem.kind == ProblemKind::Conflict && problem.detail.contains("held-back"), "{problem}");
        let after = view(&cx, &engineer(), &model, VersionNo(1)).await.unwrap();
        assert_eq!((after.word.as_str(), after.state), ("could not run", State::Bad));
        assert_eq!(run(&cx, &person("v", Role::Viewer), &model, VersionNo(1)).await.unwrap_err().kind, ProblemKind::Forbidden);
        assert_eq!(run(&cx, &engineer(), &model, VersionNo(9)).await.unwrap_err().kind, ProblemKind::NotFound);
    }
}

#[tokio::test]
async fn a_model_that_answers_with_nan_does_not_pass() {
    for (cx, _) in contexts_with_runtime().await.into_iter().take(1) {
        let data = |from: usize| {
            let rows: String = (from..from + 200).map(|n| format!("{n},{},{}\n", n % 7, n % 2)).collect();
            Some(Upload { file_name: "x.csv".into(), bytes: format!("a,b,label\n{rows}").into() })
        };
        let input = Registration {
            model: ModelName::from("nan"),
            onnx: example("hostile/nan_output.onnx"),
            meta: RegisterVersion::default(),
            reference: data(0),
            heldback: data(1_000),
            idempotency_key: None,
        };
        let got = register_version(&cx, &engineer(), input).await.unwrap();
        assert!(got.warnings.iter().any(|warning| warning.contains("not finite")), "{:?}", got.warnings);
        let view = run(&cx, &engineer(), &got.model, got.version).await.unwrap();
        assert_eq!(
            (view.state, gate(&view, "extreme").verdict, gate(&view, "accuracy").verdict),
            (State::Bad, Verdict::Fail, Verdict::Insufficient)
        );
    }
}
