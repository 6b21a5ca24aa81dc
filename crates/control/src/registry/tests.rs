//! Registering real files, good and hostile, on both engines.

use super::*;
use crate::datasets::Upload;
use crate::testing::{contexts_with_runtime, example, person};
use crate::{Actor, Ctx, audit};
use contract::inputs::{CreateModel, DatasetRole, RegisterVersion};
use contract::{ModelName, ProblemKind, Role, Task, VersionNo};
use stats::bins::Baseline;

fn engineer() -> Actor {
    person("lena", Role::Engineer)
}

fn upload(path: &str) -> Option<Upload> {
    Some(Upload { file_name: path.rsplit('/').next().unwrap().into(), bytes: example(path) })
}

fn churn(version: u32) -> Registration {
    Registration {
        model: ModelName::from("churn"),
        onnx: example(&format!("churn/v{version}.onnx")),
        meta: RegisterVersion::default(),
        reference: upload("churn/reference.csv"),
        heldback: upload("churn/heldback.csv"),
        idempotency_key: None,
    }
}

async fn nothing_is_kept(cx: &Ctx) {
    assert_eq!(cx.store.db.models().await.unwrap(), []);
    assert_eq!(cx.store.db.version_heads().await.unwrap(), []);
    assert_eq!(cx.store.db.datasets(None).await.unwrap(), []);
    assert_eq!(audit::page(cx, &engineer(), None, "").await.unwrap().entries, []);
}

#[tokio::test]
async fn a_version_comes_with_contract_baseline_data_and_a_job() {
    for (cx, _) in contexts_with_runtime().await {
        let got = register_version(&cx, &engineer(), churn(2)).await.unwrap();
        assert_eq!((got.version, got.gates_queued, got.warnings.clone()), (VersionNo(1), true, Vec::<String>::new()));
        let v = version(&cx, &got.model, got.version).await.unwrap();
        assert_eq!(v.contract.task, Task::Binary);
        assert_eq!((v.contract.label_column.as_deref(), v.contract.positive.as_deref()), (Some("churn"), Some("yes")));
        assert_eq!(v.contract.features.len(), 15);
        assert!(v.contract.feature("account_length").unwrap().nullable);
        assert_eq!(v.contract.feature("area_code").unwrap().categories.as_ref().unwrap().len(), 3);
        assert_eq!(onnx_bytes(&cx, &v).await.unwrap(), example("churn/v2.onnx"));

        let frozen = baseline(&cx, &v).await.unwrap().unwrap();
        assert_eq!((frozen.rows, frozen.features.len()), (2_250, 15));
        let Some(Baseline::Categorical(label)) = &frozen.label else { panic!("classes are counted") };
        // As examples/churn/metrics.json says of version 2 on the reference data: 10.22 % are predicted to leave.
        let yes = label.categories.iter().find(|(name, _)| name == "yes").unwrap().1;
        assert_eq!(yes, 230);
        assert!(matches!(frozen.score, Some(Baseline::Numeric(_))));

        assert_eq!(cx.store.db.datasets_of(&got.model, got.version).await.unwrap().len(), 2);
        let payload = r#"{"by":"lena","by_name":"lena","model":"churn","version":1}"#;
        assert_eq!(cx.store.db.jobs_like("gates.run", payload).await.unwrap().len(), 1);
        let log = audit::page(&cx, &engineer(), None, "").await.unwrap();
        assert_eq!(log.entries.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(), ["version.registered", "model.made"]);
        assert!(log.verified.intact);
    }
}

#[tokio::test]
async fn every_kind_of_example_is_understood() {
    for (cx, _) in contexts_with_runtime().await.into_iter().take(1) {
        for (name, file, task, label) in [
            ("churn_matrix", "v2.onnx", Task::Binary, "churn"),
            ("flights", "v2.onnx", Task::Binary, "late"),
            ("bikes", "v2.onnx", Task::Regression, "bikers"),
            ("digits", "v2.onnx", Task::Multiclass, "digit"),
        ] {
            let input = Registration {
                model: ModelName::from(name),
                onnx: example(&format!("{name}/{file}")),
                meta: RegisterVersion::default(),
                reference: upload(&format!("{name}/reference.csv")),
                heldback: upload(&format!("{name}/heldback.csv")),
                idempotency_key: None,
            };
            let got = register_version(&cx, &engineer(), input).await.unwrap_or_else(|problem| panic!("{name}: {problem}"));
            let v = version(&cx, &got.model, got.version).await.unwrap();
            assert_eq!((v.contract.task, v.contract.label_column.as_deref()), (task, Some(label)), "{name}");
            assert_eq!(got.warnings, Vec::<String>::new(), "{name}");
            assert!(baseline(&cx, &v).await.unwrap().unwrap().label.is_some(), "{name}");
        }
    }
}

#[tokio::test]
async fn a_later_version_takes_over_what_is_not_sent() {
    for (cx, _) in contexts_with_runtime().await {
        let mut first = churn(2);
        first.meta.segments = vec!["international_plan".into()];
        register_version(&cx, &engineer(), first).await.unwrap();
        let alone = Registration { reference: None, heldback: None, ..churn(3) };
        let got = register_version(&cx, &engineer(), alone).await.unwrap();
        assert_eq!((got.version, got.gates_queued, got.warnings.len()), (VersionNo(2), true, 2), "{:?}", got.warnings);
        let v = version(&cx, &got.model, got.version).await.unwrap();
        assert_eq!(v.contract.segments, ["international_plan"]);
        let (one, two) = (
            cx.store.db.datasets_of(&got.model, VersionNo(1)).await.unwrap(),
            cx.store.db.datasets_of(&got.model, VersionNo(2)).await.unwrap(),
        );
        assert_eq!(one.iter().map(|d| &d.hash).collect::<Vec<_>>(), two.iter().map(|d| &d.hash).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn the_same_file_and_the_same_key_are_not_registered_twice() {
    for (cx, _) in contexts_with_runtime().await {
        let first = Registration { idempotency_key: Some("k1".into()), ..churn(1) };
        let got = register_version(&cx, &engineer(), first.clone()).await.unwrap();
        assert_eq!(register_version(&cx, &engineer(), first.clone()).await.unwrap(), got, "the first answer again");
        let other = Registration { idempotency_key: Some("k1".into()), ..churn(2) };
        assert_eq!(register_version(&cx, &engineer(), other).await.unwrap_err().kind, ProblemKind::Conflict);
        let same = register_version(&cx, &engineer(), churn(1)).await.unwrap_err();
        assert!(same.kind == ProblemKind::Conflict && same.detail.contains("version 1 of churn"), "{same}");
        assert_eq!(cx.store.db.version_heads().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn many_register_at_once_and_every_number_is_given_once() {
    for (cx, _) in contexts_with_runtime().await {
        let files = ["churn/v1.onnx", "churn/v2.onnx", "churn/v3.onnx", "churn/v4.onnx", "churn/v1.onnx", "churn/v2.onnx"];
        let tasks = files.map(|file| {
            let cx = cx.clone();
            let input = Registration { onnx: example(file), reference: None, heldback: None, ..churn(1) };
            tokio::spawn(async move { register_version(&cx, &engineer(), input).await })
        });
        let (mut numbers, mut refused) = (Vec::new(), 0);
        for done in futures::future::join_all(tasks).await {
            match done.unwrap() {
                Ok(got) => numbers.push(got.version.0),
                Err(problem) => {
                    assert_eq!(problem.kind, ProblemKind::Conflict, "{problem}");
                    refused += 1;
                }
            }
        }
        numbers.sort_unstable();
        assert_eq!((numbers, refused), (vec![1, 2, 3, 4], 2));
        assert!(audit::verify(&cx).await.unwrap().intact);
    }
}

#[tokio::test]
async fn hostile_files_are_refused_with_a_reason_and_leave_nothing() {
    for (cx, _) in contexts_with_runtime().await {
        let manifest: Vec<serde_json::Value> = serde_json::from_slice(&example("hostile/manifest.json")).unwrap();
        let at_upload = manifest.iter().filter(|entry| entry["stop_at"] == "upload");
        let mut seen = 0;
        for entry in at_upload {
            let file = entry["file"].as_str().unwrap();
            let input = Registration { onnx: example(&format!("hostile/{file}")), reference: None, heldback: None, ..churn(1) };
            let problem = register_version(&cx, &engineer(), input).await.expect_err(file);
            assert_eq!((problem.kind, problem.errors[0].field.as_str()), (ProblemKind::Invalid, "file"), "{file}: {problem}");
            seen += 1;
        }
        assert!(seen >= 20);
        nothing_is_kept(&cx).await;
    }
}

#[tokio::test]
async fn files_that_misbehave_only_when_they_run_are_stopped_too() {
    for (cx, _) in contexts_with_runtime().await.into_iter().take(1) {
        for file in ["allocation_constant.onnx", "allocation_at_run.onnx", "endless_loop.onnx"] {
            let reference =
                Some(Upload { file_name: "x.csv".into(), bytes: (&b"a,b,label\n1,2,3.5\n2,3,4.5\n3,4,9.5\n"[..]).into() });
            let input = Registration { onnx: example(&format!("hostile/{file}")), reference, heldback: None, ..churn(1) };
            let problem = register_version(&cx, &engineer(), input).await.expect_err(file);
            assert_eq!(problem.kind, ProblemKind::Invalid, "{file}: {problem}");
        }
        nothing_is_kept(&cx).await;
    }
}

#[tokio::test]
async fn data_that_does_not_fit_is_refused_by_its_field_and_leaves_nothing() {
    for (cx, _) in contexts_with_runtime().await {
        let bad = |bytes: &'static [u8]| Some(Upload { file_name: "x.csv".into(), bytes: bytes.into() });
        for (input, field) in [
            (Registration { reference: bad(b"a,b\n1\n"), ..churn(2) }, "reference"),
            (Registration { reference: bad(b"area_code,churn\nx,no\n"), ..churn(2) }, "reference"),
            (Registration { heldback: bad(b"area_code,churn\nx,no\n"), ..churn(2) }, "heldback"),
            (Registration { heldback: bad(b""), ..churn(2) }, "heldback"),
            (Registration { model: ModelName::from("../etc"), ..churn(2) }, "model"),
            (
                Registration { meta: RegisterVersion { positive: Some("maybe".into()), ..Default::default() }, ..churn(2) },
                "positive",
            ),
        ] {
            let problem = register_version(&cx, &engineer(), input).await.unwrap_err();
            assert_eq!((problem.kind, problem.errors[0].field.as_str()), (ProblemKind::Invalid, field), "{problem}");
        }
        nothing_is_kept(&cx).await;
        let viewer = register_version(&cx, &person("v", Role::Viewer), churn(2)).await.unwrap_err();
        assert_eq!(viewer.kind, ProblemKind::Forbidden);
    }
}

#[tokio::test]
async fn data_can_be_added_to_a_version_once() {
    for (cx, _) in contexts_with_runtime().await {
        let bare = Registration { reference: None, heldback: None, ..churn(2) };
        let got = register_version(&cx, &engineer(), bare).await.unwrap();
        assert!(!got.gates_queued && got.warnings.len() == 1);
        let add = |role, path| {
            attach_dataset(
                &cx,
                Box::leak(Box::new(engineer())),
                Box::leak(Box::new(got.model.clone())),
                got.version,
                role,
                upload(path).unwrap(),
            )
        };
        add(DatasetRole::Reference, "churn/reference.csv").await.unwrap();
        let v = version(&cx, &got.model, got.version).await.unwrap();
        assert_eq!(v.contract.label_column.as_deref(), Some("churn"));
        assert!(baseline(&cx, &v).await.unwrap().is_some());
        add(DatasetRole::Heldback, "churn/heldback.csv").await.unwrap();
        assert_eq!(add(DatasetRole::Heldback, "churn/heldback.csv").await.unwrap_err().kind, ProblemKind::Conflict);
    }
}

#[tokio::test]
async fn aliases_move_but_the_champion_follows_approvals() {
    for (cx, _) in contexts_with_runtime().await {
        let model = ModelName::from("churn");
        register_version(&cx, &engineer(), Registration { reference: None, heldback: None, ..churn(1) }).await.unwrap();
        register_version(&cx, &engineer(), Registration { reference: None, heldback: None, ..churn(2) }).await.unwrap();
        set_alias(&cx, &engineer(), &model, "challenger", VersionNo(1)).await.unwrap();
        set_alias(&cx, &engineer(), &model, "challenger", VersionNo(2)).await.unwrap();
        assert_eq!(cx.store.db.alias(&model, "challenger").await.unwrap().unwrap().version, 2);
        for (alias, version, kind) in [
            ("champion", VersionNo(2), ProblemKind::NeedsApproval),
            ("Champion", VersionNo(2), ProblemKind::NeedsApproval),
            ("v7", VersionNo(2), ProblemKind::Invalid),
            ("latest", VersionNo(2), ProblemKind::Invalid),
            ("a b", VersionNo(2), ProblemKind::Invalid),
            ("next", VersionNo(9), ProblemKind::NotFound),
        ] {
            assert_eq!(set_alias(&cx, &engineer(), &model, alias, version).await.unwrap_err().kind, kind, "{alias}");
        }
        assert_eq!(delete_alias(&cx, &engineer(), &model, "champion").await.unwrap_err().kind, ProblemKind::NeedsApproval);
        delete_alias(&cx, &engineer(), &model, "challenger").await.unwrap();

        let mut tx = cx.store.db.begin().await.unwrap();
        champion_in(&cx, &mut tx, &Actor::system(), &model, VersionNo(2)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(champion(&cx, &model).await.unwrap(), Some(VersionNo(2)));
    }
}

#[tokio::test]
async fn people_settle_the_contract_but_not_what_follows_from_the_file() {
    for (cx, _) in contexts_with_runtime().await {
        let got = register_version(&cx, &engineer(), Registration { heldback: None, ..churn(2) }).await.unwrap();
        let before = version(&cx, &got.model, got.version).await.unwrap().contract;
        let mut wanted = before.clone();
        wanted.features[0].pii_confirmed = true;
        wanted.features[3].max = Some(500.0);
        assert_eq!(set_contract(&cx, &engineer(), &got.model, got.version, wanted.clone()).await.unwrap(), wanted);
        assert_eq!(version(&cx, &got.model, got.version).await.unwrap().contract, wanted);
        for bend in [
            |c: &mut contract::Contract| c.features[0].name = "other".into(),
            |c: &mut contract::Contract| {
                c.features.pop();
            },
            |c: &mut contract::Contract| c.inputs.clear(),
            |c: &mut contract::Contract| c.features[3].min = Some(501.0),
            |c: &mut contract::Contract| c.positive = Some("maybe".into()),
        ] {
            let mut bent = wanted.clone();
            bend(&mut bent);
            assert_eq!(
                set_contract(&cx, &engineer(), &got.model, got.version, bent).await.unwrap_err().kind,
                ProblemKind::Invalid
            );
        }
    }
}

#[tokio::test]
async fn what_is_said_about_a_model_can_be_changed() {
    for (cx, _) in contexts_with_runtime().await {
        let input = CreateModel { name: "churn".into(), description: "Who will leave".into(), ..Default::default() };
        create_model(&cx, &engineer(), input.clone()).await.unwrap();
        assert_eq!(create_model(&cx, &engineer(), input.clone()).await.unwrap_err().kind, ProblemKind::Conflict);
        let changed = CreateModel { purpose: "Whom to call".into(), ..input };
        let info = edit_model(&cx, &engineer(), &ModelName::from("churn"), changed).await.unwrap();
        assert_eq!((info.description.as_str(), info.purpose.as_str()), ("Who will leave", "Whom to call"));
        let gone = edit_model(&cx, &engineer(), &ModelName::from("gone"), CreateModel::default()).await.unwrap_err();
        assert_eq!(gone.kind, ProblemKind::NotFound);
    }
}
