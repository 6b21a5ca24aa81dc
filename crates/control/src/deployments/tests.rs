//! A deployment from its making to its rolling back, with real models on both engines.

use super::*;
use crate::monitoring;
use crate::testbed::{admin, beds};
use crate::testing::person;
use contract::deployment::DeploymentSettings;
use contract::inputs::CreateDeployment;
use contract::time::HOUR;
use contract::{ProblemKind, Role};

#[tokio::test]
async fn from_nothing_to_serving_and_back() {
    for mut bed in beds().await {
        let (one, two) = (bed.register("v2").await, bed.register("v3").await);
        let name = bed.deploy(one).await;
        let rows = bed.rows(&name, "live.csv");
        bed.send(&name, &rows[..120]).await;
        bed.flush().await;

        let range = monitoring::last(&bed.cx, HOUR);
        let page = view(&bed.cx, &admin(), &name, range).await.unwrap();
        assert_eq!(page.versions.iter().map(|v| (v.version, v.predictions, v.loaded)).collect::<Vec<_>>(), [(one, 120, true)]);
        assert!(page.snippets.curl.contains("international_plan") && page.snippets.record["account_length"].is_number());
        assert_eq!(page.predictions_title, "Share of “yes”");

        let mut tx = bed.cx.store.db.begin().await.unwrap();
        set_stable(&bed.cx, &mut tx, &admin(), &name, two, "second").await.unwrap();
        tx.commit().await.unwrap();
        reload_one(&bed.cx, &name).await.unwrap();
        assert_eq!(bed.cx.book.get(&name).unwrap().previous, Some(one));
        bed.send(&name, &rows[..10]).await;

        let oncall = person("olu", Role::Oncall);
        let viewer = person("vic", Role::Viewer);
        assert_eq!(roll_back(&bed.cx, &viewer, &name, None, "slow").await.unwrap_err().kind, ProblemKind::Forbidden);
        assert_eq!(roll_back(&bed.cx, &oncall, &name, None, " ").await.unwrap_err().kind, ProblemKind::Invalid);
        assert_eq!(roll_back(&bed.cx, &oncall, &name, None, "slow").await.unwrap().stable, Some(one));
        assert_eq!(bed.cx.router().unwrap().route("churn").unwrap().stable.version, one);
        let champion = bed.cx.store.db.alias(&"churn".into(), "champion").await.unwrap().unwrap();
        assert_eq!(champion.version, i64::from(one.0), "the champion goes with it");
        assert!(matches!(bed.cx.store.db.audit_verify().await.unwrap(), store::audit::Verified::Intact { .. }));

        let never = bed.register("v4").await;
        assert_eq!(
            roll_back(&bed.cx, &oncall, &name, Some(never), "why not").await.unwrap_err().kind,
            ProblemKind::NeedsApproval
        );
        assert_eq!(roll_back(&bed.cx, &oncall, &name, Some(one), "again").await.unwrap_err().kind, ProblemKind::Conflict);
    }
}

#[tokio::test]
async fn a_version_that_does_not_load_replaces_nothing() {
    for mut bed in beds().await.into_iter().take(1) {
        let (one, two) = (bed.register("v2").await, bed.register("v3").await);
        let name = bed.deploy(one).await;
        // Version 3 is one whose file is not where its hash says.
        let row = bed.cx.store.db.version(&"churn".into(), two).await.unwrap().unwrap();
        let lost = contract::VersionNo(3);
        let mut tx = bed.cx.store.db.begin().await.unwrap();
        tx.insert_version(&store::registry::VersionRow { version: 3, hash: "0".repeat(64), ..row }).await.unwrap();
        tx.deployment_stable(&name, lost, bed.cx.now()).await.unwrap();
        tx.commit().await.unwrap();
        reload_one(&bed.cx, &name).await.unwrap();
        assert_eq!(bed.cx.router().unwrap().route("churn").unwrap().stable.version, one, "what ran goes on");
        assert!(bed.cx.book.get(&name).unwrap().versions[&lost].load_error.is_some());
        let rows = bed.rows(&name, "live.csv");
        assert_eq!(bed.send(&name, &rows[..3]).await.len(), 3);
        bed.flush().await;
        let page = view(&bed.cx, &admin(), &name, monitoring::last(&bed.cx, HOUR)).await.unwrap();
        assert_eq!(page.head.state, contract::verdict::State::Bad);
    }
}

/// What a version answered is asked again before it serves: the same answers let it in, another one keeps it out.
#[tokio::test]
async fn recorded_answers_must_come_again() {
    for mut bed in beds().await {
        let (one, two) = (bed.register("v2").await, bed.register("v3").await);
        let name = bed.deploy(one).await;
        let rows = bed.rows(&name, "live.csv");
        bed.send(&name, &rows[..20]).await;
        bed.flush().await;
        let log = bed.cx.store.db.predictions_of(&name, one, contract::Millis(0), 100).await.unwrap();
        assert_eq!(log.len(), 20);
        let version = crate::registry::version(&bed.cx, &"churn".into(), one).await.unwrap();
        let again = golden::recorded(&bed.cx, &name, &version).await.unwrap();
        assert_eq!(
            (again.requests.len(), again.hidden),
            (20, 0),
            "the hashed state is told from the states that the contract lists"
        );
        let other = crate::registry::version(&bed.cx, &"churn".into(), two).await.unwrap();
        let warming = golden::warming(&bed.cx, &name, &other, Some(one)).await.unwrap();
        assert_eq!(
            (warming.log.requests.len(), warming.own),
            (20, false),
            "a new version is warmed up with what the stable one was asked"
        );

        // As after a restart: nothing runs, and everything is loaded again.
        let restart = |bed: &crate::testbed::Bed| bed.cx.router().unwrap().remove_route("churn");
        let error =
            |bed: &crate::testbed::Bed, version| bed.cx.book.get(&"churn".into()).unwrap().versions[&version].load_error.clone();
        restart(&bed);
        reload_one(&bed.cx, &name).await.unwrap();
        assert_eq!(error(&bed, one), None);
        assert_eq!(checked(&bed, one), "Golden check: 20 recorded requests answered as before.");
        assert_eq!(bed.cx.router().unwrap().route("churn").unwrap().stable.version, one);

        // A row that says that it once answered otherwise.
        let label = if log[0].label == "yes" { "no" } else { "yes" };
        let tampered = store::predictions::PredictionRow {
            id: "before".into(),
            at: bed.cx.now().0,
            label: label.into(),
            score: Some(0.987),
            ..log[0].clone()
        };
        let mut tx = bed.cx.store.db.begin().await.unwrap();
        tx.predictions_append(&[tampered]).await.unwrap();
        tx.commit().await.unwrap();
        reload_one(&bed.cx, &name).await.unwrap();
        assert_eq!(error(&bed, one), None, "what runs is not asked again");
        assert_eq!(checked(&bed, one), "Golden check: 20 recorded requests answered as before.", "when it was loaded");
        restart(&bed);
        reload_one(&bed.cx, &name).await.unwrap();
        let why = error(&bed, one).expect("it does not answer as it did");
        assert!(
            why.contains("1 of 21 recorded requests") && why.contains("prediction before was") && why.contains("0.9870"),
            "{why}"
        );
        assert!(bed.cx.router().unwrap().route("churn").unwrap().stable.onnx.broken().is_some_and(|told| *told == *why));
        let page = view(&bed.cx, &admin(), &name, monitoring::last(&bed.cx, HOUR)).await.unwrap();
        assert!(!page.versions[0].loaded && page.versions[0].load_error == why);

        // Someone who knows why may do without.
        let settings = DeploymentSettings { golden_check: false, ..bed.cx.book.get(&name).unwrap().settings.clone() };
        update(&bed.cx, &admin(), &name, settings).await.unwrap();
        assert_eq!((error(&bed, one), bed.send(&name, &rows[..1]).await.len()), (None, 1));
        assert!(checked(&bed, one).contains("golden_check is false"), "{}", checked(&bed, one));
    }
}

/// What the golden check of a version said when it was loaded.
fn checked(bed: &crate::testbed::Bed, version: contract::VersionNo) -> String {
    bed.cx.book.get(&"churn".into()).unwrap().checked.get(&version).map(Checked::words).unwrap_or_default()
}

#[tokio::test]
async fn rows_that_were_asked_together_are_asked_together_again() {
    for mut bed in beds().await {
        let one = bed.register("v2").await;
        let name = bed.deploy(one).await;
        assert!(checked(&bed, one).contains("it has answered nothing here"), "{}", checked(&bed, one));
        let rows = bed.rows(&name, "live.csv");
        // More than ten, so that the order of the ids is not the order of the rows.
        let (id, answer) = bed.ask_together(&name, &rows[..12]).await;
        assert_eq!(answer.unwrap().rows, 12);
        bed.flush().await;
        bed.clock.advance(1_000);
        bed.send(&name, &rows[12..15]).await;
        bed.flush().await;
        let version = crate::registry::version(&bed.cx, &"churn".into(), one).await.unwrap();
        let log = golden::recorded(&bed.cx, &name, &version).await.unwrap();
        let sizes: Vec<_> = log.requests.iter().map(|request| (request.rows.len(), request.whole)).collect();
        assert_eq!(sizes, [(1, true), (1, true), (1, true), (12, true)]);
        let ids: Vec<_> = log.requests[3].rows.iter().map(|row| row.id.clone()).collect();
        assert_eq!(ids, (0..12).map(|i| id.row(i, 12).0).collect::<Vec<_>>(), "as they stood in the request");
        let restart = |bed: &crate::testbed::Bed| bed.cx.router().unwrap().remove_route("churn");
        restart(&bed);
        reload_one(&bed.cx, &name).await.unwrap();
        assert_eq!(checked(&bed, one), "Golden check: 4 recorded requests of 15 rows answered as before.");

        // One row of three that says that it once answered otherwise.
        let kept = bed.cx.store.db.predictions_of(&name, one, contract::Millis(0), 100).await.unwrap();
        bed.clock.advance(1_000);
        let at = bed.cx.now().0;
        let row = |i: usize| store::predictions::PredictionRow { id: format!("before.{i}"), at, ..kept[i].clone() };
        let wrong = if kept[1].label == "yes" { "no" } else { "yes" };
        let tampered = store::predictions::PredictionRow { label: wrong.into(), score: Some(0.987), ..row(1) };
        let mut tx = bed.cx.store.db.begin().await.unwrap();
        tx.predictions_append(&[row(0), tampered, row(2)]).await.unwrap();
        tx.commit().await.unwrap();
        restart(&bed);
        reload_one(&bed.cx, &name).await.unwrap();
        let why = bed.cx.book.get(&name).unwrap().versions[&one].load_error.clone().expect("one row is different");
        assert!(why.contains("1 of 5 recorded requests") && why.contains("prediction before.1 was"), "{why}");
    }
}

#[tokio::test]
async fn a_check_that_cannot_run_says_why() {
    for mut bed in beds().await {
        let one = bed.register("v2").await;
        let name = bed.deploy(one).await;
        let version = crate::registry::version(&bed.cx, &"churn".into(), one).await.unwrap();
        let mut personal = version.contract.clone();
        let feature = personal.features.iter_mut().find(|feature| feature.name == "account_length").unwrap();
        (feature.pii, feature.pii_confirmed) = (contract::spec::Pii::Direct, true);
        crate::registry::set_contract(&bed.cx, &admin(), &"churn".into(), one, personal).await.unwrap();
        bed.clock.advance(1_000);
        reload_one(&bed.cx, &name).await.unwrap();
        let rows = bed.rows(&name, "live.csv");
        bed.send(&name, &rows[..5]).await;
        bed.flush().await;
        bed.cx.router().unwrap().remove_route("churn");
        reload_one(&bed.cx, &name).await.unwrap();
        let page = view(&bed.cx, &admin(), &name, monitoring::last(&bed.cx, HOUR)).await.unwrap();
        assert_eq!(
            page.versions[0].checked,
            "Golden check not done: 5 of 5 recorded rows cannot be asked again, since the log keeps no readable value of account_length, \
             which holds personal data."
        );
        assert!(page.versions[0].loaded);
    }
}

/// A swap under traffic loses no request: each is answered by the old version or by the new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_drops_no_request() {
    for bed in beds().await.into_iter().take(1) {
        let (one, two) = (bed.register("v2").await, bed.register("v3").await);
        let name = bed.deploy(one).await;
        let rows = bed.rows(&name, "live.csv");
        let sending = async {
            for part in rows[..400].chunks(40) {
                assert_eq!(bed.send(&name, part).await.len(), 40);
                tokio::task::yield_now().await;
            }
        };
        let swapping = async {
            for version in [two, one, two] {
                let mut tx = bed.cx.store.db.begin().await.unwrap();
                set_stable(&bed.cx, &mut tx, &admin(), &name, version, "swap").await.unwrap();
                tx.commit().await.unwrap();
                reload_one(&bed.cx, &name).await.unwrap();
            }
        };
        tokio::join!(sending, swapping);
        assert_eq!(bed.cx.router().unwrap().route("churn").unwrap().stable.version, two);
        let failed: u64 = bed.cx.router().unwrap().stats().iter().map(|stats| stats.fail.count).sum();
        assert_eq!(failed, 0);
    }
}

#[tokio::test]
async fn names_models_and_roles_are_checked() {
    for bed in beds().await {
        bed.register("v2").await;
        let input =
            |name: &str, model: &str| CreateDeployment { name: name.into(), settings: DeploymentSettings::new(model.into()) };
        let kind =
            |result: crate::Outcome<_>| result.map(|_: contract::views::deployment::DeploymentSummary| ()).unwrap_err().kind;
        assert_eq!(kind(create(&bed.cx, &person("vic", Role::Viewer), input("a", "churn")).await), ProblemKind::Forbidden);
        assert_eq!(kind(create(&bed.cx, &admin(), input("../a", "churn")).await), ProblemKind::Invalid);
        assert_eq!(kind(create(&bed.cx, &admin(), input("a", "nope")).await), ProblemKind::Invalid);
        create(&bed.cx, &admin(), input("a", "churn")).await.unwrap();
        assert_eq!(kind(create(&bed.cx, &admin(), input("a", "churn")).await), ProblemKind::Conflict);
        let other = DeploymentSettings::new("nope".into());
        assert_eq!(kind(update(&bed.cx, &admin(), &"a".into(), other).await), ProblemKind::Invalid);
        let fleet = monitoring::fleet(&bed.cx, &admin(), monitoring::last(&bed.cx, HOUR)).await.unwrap();
        assert_eq!(fleet.deployments[0].headline, "Serves nothing yet");
    }
}
