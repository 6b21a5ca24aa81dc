//! The whole way of a promotion with the real churn models, on both engines.

use super::*;
use crate::datasets::Upload;
use crate::registry::{Registration, champion, register_version};
use crate::testing::{contexts_with_runtime, example};
use crate::{Actor, Ctx, audit, deployments, gates, identity};
use contract::deployment::DeploymentSettings;
use contract::inputs::{CreateDeployment, CreateUser, Decide, Decision, RegisterVersion, RequestPromotion};
use contract::verdict::State;
use contract::views::approvals::{ApprovalState, ApprovalView};
use contract::{ModelName, ProblemKind, Role, VersionNo};
use store::Blobs;

const PASSWORD: &str = "correct horse";

async fn person(cx: &Ctx, name: &str, role: Role) -> Actor {
    let input = CreateUser { email: format!("{name}@example.org"), name: name.into(), role, password: PASSWORD.into() };
    let user = identity::create_user(cx, &Actor::system(), input).await.unwrap();
    Actor { id: user.id.0, name: name.into(), role }
}

struct Stage {
    lena: Actor,
    ingrid: Actor,
}

/// A deployment of churn without a stable version, and version 1 (the file v2) with its gates run.
async fn stage(cx: &Ctx) -> Stage {
    let stage = Stage { lena: person(cx, "lena", Role::Engineer).await, ingrid: person(cx, "ingrid", Role::Approver).await };
    push(cx, &stage.lena, "v2.onnx").await;
    let input = CreateDeployment { name: "churn".into(), settings: DeploymentSettings::new(ModelName::from("churn")) };
    deployments::create(cx, &stage.lena, input).await.unwrap();
    stage
}

async fn push(cx: &Ctx, who: &Actor, file: &str) {
    let upload = |path: &str| Some(Upload { file_name: "x.csv".into(), bytes: example(path) });
    let input = Registration {
        model: ModelName::from("churn"),
        onnx: example(&format!("churn/{file}")),
        meta: RegisterVersion { segments: vec!["international_plan".into(), "area_code".into()], ..Default::default() },
        reference: upload("churn/reference.csv"),
        heldback: upload("churn/heldback.csv"),
        idempotency_key: None,
    };
    register_version(cx, who, input).await.unwrap();
    gates::run_queued(cx).await.unwrap();
}

fn gate_run(cx: &Ctx, state: &str) -> store::gates::GateRunRow {
    store::gates::GateRunRow {
        id: cx.new_id(),
        model: "churn".into(),
        version: 2,
        state: state.into(),
        started_at: cx.now().0,
        ended_at: None,
        result: None,
        problem: None,
        started_by: "slipway".into(),
        started_by_name: "Slipway".into(),
    }
}

fn wish(version: u32) -> RequestPromotion {
    RequestPromotion {
        model: "churn".into(),
        version: VersionNo(version),
        deployment: "churn".into(),
        reason: "It is better.".into(),
        plan: None,
    }
}

fn sign(view: &ApprovalView, decision: Decision) -> Decide {
    Decide { decision, comment: "Seen.".into(), evidence_hash: view.evidence_hash.0.clone(), password: Some(PASSWORD.into()) }
}

#[tokio::test]
async fn the_first_version_becomes_stable_and_the_next_starts_a_rollout() {
    for (cx, _) in contexts_with_runtime().await {
        let Stage { lena, ingrid } = stage(&cx).await;
        let first = request_promotion(&cx, &lena, wish(1)).await.unwrap();
        assert_eq!(
            (first.state, first.evidence.changes.replaces, first.evidence.better.answer.as_str()),
            (ApprovalState::Open, None, "First version.")
        );
        assert!(!first.may_sign.ok && first.may_sign.why_not.as_deref().unwrap().contains("Your role"));
        assert_eq!((waiting(&cx, &lena).await.unwrap(), waiting(&cx, &ingrid).await.unwrap()), (0, 1));
        assert_eq!(
            request_promotion(&cx, &lena, wish(1)).await.unwrap_err().kind,
            ProblemKind::Conflict,
            "one open request at a time"
        );

        let signed = decide(&cx, &ingrid, &first.id, sign(&first, Decision::Approve)).await.unwrap();
        assert_eq!(
            (signed.state, signed.rollout.clone(), signed.sign_offs[0].comment.as_str()),
            (ApprovalState::Approved, None, "Seen.")
        );
        let brief = deployments::brief_one(&cx, &"churn".into()).await.unwrap();
        assert_eq!((brief.stable, champion(&cx, &"churn".into()).await.unwrap()), (Some(VersionNo(1)), Some(VersionNo(1))));
        assert_eq!(waiting(&cx, &ingrid).await.unwrap(), 0);

        push(&cx, &lena, "v3.onnx").await;
        // A run that begins meanwhile does not blur the evidence of the one that ended.
        let again = gate_run(&cx, "running");
        let mut tx = cx.store.db.begin().await.unwrap();
        tx.start_gate_run(&again).await.unwrap();
        tx.commit().await.unwrap();
        let next = request_promotion(&cx, &lena, wish(2)).await.unwrap();
        let evidence = &next.evidence;
        assert!(
            evidence.gates.summary.contains("needed gates passed") && evidence.gates.gates.len() > 8,
            "{}",
            evidence.gates.summary
        );
        let shown = gates::view(&cx, &lena, &"churn".into(), VersionNo(2)).await.unwrap();
        assert_eq!((shown.word.as_str(), shown.gates.len()), ("running", evidence.gates.gates.len()));
        assert_eq!((evidence.better.answer.as_str(), evidence.changes.replaces), ("Yes.", Some(VersionNo(1))));
        assert_eq!(evidence.two_minutes.len(), 7);
        assert!(evidence.changes.steps[0].starts_with("1%"), "{:?}", evidence.changes.steps);
        assert_eq!(evidence.hurts.groups.len(), 6, "two and three groups, and all");
        assert_eq!(evidence.better.bars.len(), 3);
        assert_eq!(evidence.paper.iter().filter(|line| line.state == State::Watch).count(), 4, "{:?}", evidence.paper);
        assert!(next.statement.contains("version 2 of churn replaces version 1 in churn"), "{}", next.statement);
        // The hash covers exactly what is stored, and what is stored is what is shown.
        let stored = cx.store.db.approval(next.id.as_str()).await.unwrap().unwrap();
        assert_eq!(Blobs::hash(stored.evidence.as_bytes()), next.evidence_hash);
        assert_eq!(serde_json::to_string(&next.evidence).unwrap(), stored.evidence);

        let signed = decide(&cx, &ingrid, &next.id, sign(&next, Decision::Approve)).await.unwrap();
        let rollout = signed.rollout.expect("a rollout follows");
        assert_eq!(deployments::brief_one(&cx, &"churn".into()).await.unwrap().rollout, Some(rollout));
        let log = audit::page(&cx, &lena, None, "approval.").await.unwrap();
        assert_eq!(
            log.entries.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(),
            ["approval.approved", "approval.asked", "approval.approved", "approval.asked"]
        );
        assert!(log.verified.intact);
    }
}

#[tokio::test]
async fn nobody_signs_for_themselves_blindly_or_twice() {
    for (cx, clock) in contexts_with_runtime().await {
        let Stage { lena, ingrid } = stage(&cx).await;
        let boss = Actor { role: Role::Admin, ..lena.clone() };
        let asked = request_promotion(&cx, &lena, wish(1)).await.unwrap();
        let good = sign(&asked, Decision::Approve);
        for (who, input, kind) in [
            (&lena, good.clone(), ProblemKind::Forbidden),
            // The same person with a stronger role is the same person.
            (&boss, good.clone(), ProblemKind::Forbidden),
            (&ingrid, Decide { comment: "  ".into(), ..good.clone() }, ProblemKind::Invalid),
            (&ingrid, Decide { password: None, ..good.clone() }, ProblemKind::Invalid),
            (&ingrid, Decide { password: Some("guess".into()), ..good.clone() }, ProblemKind::Invalid),
            (&ingrid, Decide { evidence_hash: "0".repeat(64), ..good.clone() }, ProblemKind::Conflict),
        ] {
            assert_eq!(decide(&cx, who, &asked.id, input).await.unwrap_err().kind, kind);
        }
        let rejected = decide(&cx, &ingrid, &asked.id, sign(&asked, Decision::Reject)).await.unwrap();
        assert_eq!((rejected.state, rejected.rollout), (ApprovalState::Rejected, None));
        assert_eq!(decide(&cx, &ingrid, &asked.id, good).await.unwrap_err().kind, ProblemKind::Conflict);
        assert_eq!(deployments::brief_one(&cx, &"churn".into()).await.unwrap().stable, None);

        let again = request_promotion(&cx, &lena, wish(1)).await.unwrap();
        assert_eq!(withdraw(&cx, &ingrid, &again.id, "").await.unwrap_err().kind, ProblemKind::Forbidden);
        assert_eq!(withdraw(&cx, &lena, &again.id, "not yet").await.unwrap().state, ApprovalState::Withdrawn);

        let late = request_promotion(&cx, &lena, wish(1)).await.unwrap();
        clock.advance(policy::STANDS);
        assert_eq!(decide(&cx, &ingrid, &late.id, sign(&late, Decision::Approve)).await.unwrap_err().kind, ProblemKind::Conflict);
        assert_eq!((expire(&cx).await.unwrap(), expire(&cx).await.unwrap()), (1, 0));
        assert_eq!(get(&cx, &lena, &late.id).await.unwrap().state, ApprovalState::Expired);
        let boxed = inbox(&cx, &lena, Vec::new()).await.unwrap();
        assert_eq!((boxed.waits.len(), boxed.asked.len(), boxed.done.len()), (0, 0, 3));
    }
}

#[tokio::test]
async fn two_decisions_at_once_are_one() {
    for (cx, _) in contexts_with_runtime().await {
        let Stage { lena, ingrid } = stage(&cx).await;
        let nils = person(&cx, "nils", Role::Admin).await;
        let asked = request_promotion(&cx, &lena, wish(1)).await.unwrap();
        let both = [(ingrid, Decision::Approve), (nils, Decision::Reject)].map(|(who, decision)| {
            let (cx, id, input) = (cx.clone(), asked.id.clone(), sign(&asked, decision));
            tokio::spawn(async move { decide(&cx, &who, &id, input).await })
        });
        let outcomes: Vec<_> = futures::future::join_all(both).await.into_iter().map(|done| done.unwrap()).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(cx.store.db.sign_offs(asked.id.as_str()).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_has_not_passed_cannot_be_asked_for() {
    for (cx, _) in contexts_with_runtime().await.into_iter().take(1) {
        let Stage { lena, ingrid } = stage(&cx).await;
        let first = request_promotion(&cx, &lena, wish(1)).await.unwrap();
        decide(&cx, &ingrid, &first.id, sign(&first, Decision::Approve)).await.unwrap();
        push(&cx, &lena, "v1.onnx").await;
        let refused = request_promotion(&cx, &lena, wish(2)).await.unwrap_err();
        // The button on the page says the same beforehand.
        let may = |who: &Actor, version| {
            let (cx, who) = (cx.clone(), who.clone());
            async move { may_request(&cx, &who, &"churn".into(), VersionNo(version)).await.unwrap().why_not }
        };
        assert_eq!(may(&lena, 2).await.as_deref(), Some(refused.detail.as_str()));
        assert!(
            may(&lena, 1).await.unwrap().contains("is the stable version")
                && may(&ingrid, 2).await.unwrap().contains("Your role")
        );
        assert!(refused.kind == ProblemKind::Conflict && refused.detail.contains("Better than the champion"), "{refused}");
        assert_eq!(request_promotion(&cx, &lena, wish(1)).await.unwrap_err().kind, ProblemKind::Conflict, "it is stable already");
        assert_eq!(request_promotion(&cx, &ingrid, wish(2)).await.unwrap_err().kind, ProblemKind::Forbidden);
        assert_eq!(request_promotion(&cx, &lena, wish(9)).await.unwrap_err().kind, ProblemKind::NotFound);
        assert!(
            list(&cx, &lena).await.unwrap().len() == 1 && latest(&cx, &"churn".into(), VersionNo(1)).await.unwrap().is_some()
        );
    }
}
