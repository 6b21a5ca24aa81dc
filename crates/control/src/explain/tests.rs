//! Reports of real models, on both engines.

use super::*;
use crate::datasets::Upload;
use crate::registry::{Registration, register_version};
use crate::testing::{contexts_with_runtime, example, person};
use crate::{Actor, Ctx};
use contract::inputs::RegisterVersion;
use contract::time::DAY;
use contract::views::report::{Case, ReportView};
use contract::{ModelName, ProblemKind, Role, VersionNo};

fn upload(path: &str) -> Option<Upload> {
    Some(Upload { file_name: "data.csv".into(), bytes: example(path) })
}

async fn registered(cx: &Ctx, name: &str) -> (ModelName, VersionNo) {
    let registration = Registration {
        model: ModelName::from(name),
        onnx: example(&format!("{name}/v2.onnx")),
        meta: RegisterVersion {
            segments: if name == "churn" { vec!["international_plan".into()] } else { Vec::new() },
            ..RegisterVersion::default()
        },
        reference: upload(&format!("{name}/reference.csv")),
        heldback: upload(&format!("{name}/heldback.csv")),
        idempotency_key: None,
    };
    let got = register_version(cx, &person("lena", Role::Engineer), registration).await.unwrap();
    (got.model, got.version)
}

async fn made(cx: &Ctx, model: &ModelName, version: VersionNo) -> ReportView {
    let lena = person("lena", Role::Engineer);
    build(cx, &lena, model, version).await.unwrap();
    assert!(view(cx, &lena, model, version).await.unwrap().running);
    // Asking twice makes one job.
    build(cx, &lena, model, version).await.unwrap();
    let payload = serde_json::json!({ "model": model, "version": version }).to_string();
    let jobs = cx.store.db.jobs_like(super::build::JOB.name, &payload).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!(run_jobs(cx).await.unwrap(), 1);
    view(cx, &lena, model, version).await.unwrap().report.unwrap()
}

fn adds_up(case: &Case) {
    let sum: f64 = case.base + case.reasons.iter().map(|reason| reason.contribution).sum::<f64>();
    assert!((sum - case.score).abs() < 1e-9, "{}: {sum} is not {}", case.title, case.score);
}

#[tokio::test]
async fn a_report_says_what_matters_and_its_reasons_add_up() {
    for (cx, clock) in contexts_with_runtime().await {
        let (model, version) = registered(&cx, "churn").await;
        let report = made(&cx, &model, version).await;
        // What examples/churn is made of: day minutes, service calls and the international plan drive leaving.
        let top: Vec<&str> = report.importance.bars.iter().take(5).map(|bar| bar.feature.as_str()).collect();
        assert!(top.contains(&"total_day_minutes"), "{top:?}");
        assert!(top.contains(&"number_customer_service_calls"), "{top:?}");
        // Version 2 does not use this column at all.
        let unused = report.importance.bars.iter().find(|bar| bar.feature == "retention_calls").unwrap();
        assert_eq!(unused.estimate.value, 0.0);
        assert_eq!(report.typical.len(), 3);
        assert_eq!(report.hard.len(), 3);
        for case in report.typical.iter().chain(&report.hard) {
            adds_up(case);
            assert!(!case.counterfactual.is_empty());
        }
        assert_eq!(report.segments.rows.len(), 2);
        assert!(!report.dependence.is_empty());

        // A second look at the same version gives the same numbers.
        let again = made(&cx, &model, version).await;
        assert_eq!((again.importance, again.typical), (report.importance.clone(), report.typical.clone()));

        let lena = person("lena", Role::Engineer);
        let token = share(&cx, &lena, &report.id, 7).await.unwrap();
        assert_eq!(open(&cx, None, &token).await.unwrap(), report);
        assert_eq!(open(&cx, None, &report.id.0).await.unwrap_err().kind, ProblemKind::NotFound);
        assert_eq!(open(&cx, Some(&person("sam", Role::Stakeholder)), &report.id.0).await.unwrap(), report);
        assert_eq!(share(&cx, &person("vera", Role::Viewer), &report.id, 7).await.unwrap_err().kind, ProblemKind::Forbidden);
        assert_eq!(share(&cx, &lena, &report.id, 0).await.unwrap_err().kind, ProblemKind::Invalid);
        clock.advance(8 * DAY);
        assert_eq!(open(&cx, None, &token).await.unwrap_err().kind, ProblemKind::NotFound);
    }
}

#[tokio::test]
async fn numbers_and_many_classes_are_explained_too() {
    for (cx, _) in contexts_with_runtime().await.into_iter().take(1) {
        for name in ["bikes", "digits"] {
            let (model, version) = registered(&cx, name).await;
            let report = made(&cx, &model, version).await;
            assert!(report.importance.bars[0].estimate.value > 0.0);
            assert!(report.typical.len() + report.hard.len() >= 5, "{name}");
            report.typical.iter().chain(&report.hard).for_each(adds_up);
            assert_eq!(report.score_is_share, name == "digits");
        }
    }
}

#[tokio::test]
async fn one_decision_is_explained_and_a_wrong_record_is_named() {
    for (cx, _) in contexts_with_runtime().await.into_iter().take(1) {
        let (model, version) = registered(&cx, "churn").await;
        let sam: Actor = person("sam", Role::Stakeholder);
        let record = view(&cx, &sam, &model, version).await.unwrap().example;
        let case = one(&cx, &sam, &model, version, record).await.unwrap();
        adds_up(&case);
        let wrong = one(&cx, &sam, &model, version, serde_json::json!({ "total_day_minutes": "many" })).await.unwrap_err();
        assert_eq!(wrong.kind, ProblemKind::Invalid);
        assert!(wrong.errors[0].field.contains("total_day_minutes"), "{wrong:?}");
        assert_eq!(one(&cx, &sam, &model, version, serde_json::json!([1])).await.unwrap_err().kind, ProblemKind::Invalid);
    }
}
