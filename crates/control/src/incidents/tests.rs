//! An incident opens by itself, gathers what belongs to it, is led, rolled back, ended and written up.

use super::*;
use crate::alerts;
use crate::events;
use crate::testbed::{Bed, admin, beds};
use crate::testing::person;
use contract::inputs::{CreateEvent, DescribeIncident, DriveIncident, IncidentAct, OpenIncident};
use contract::time::{MINUTE, SECOND};
use contract::verdict::State;
use contract::views::events::EventKind;
use contract::views::incidents::{CauseKind, EntryKind, IncidentRole, IncidentState, IncidentView};
use contract::{DeploymentName, Millis, ProblemKind, Role, UserId};

async fn drive(bed: &Bed, id: &contract::IncidentId, act: IncidentAct) -> Outcome<()> {
    super::drive(&bed.cx, &admin(), id, DriveIncident { act, reason: "for the test".into() }).await
}

async fn shown(bed: &Bed, id: &contract::IncidentId) -> IncidentView {
    view(&bed.cx, &admin(), id).await.unwrap()
}

/// A deployment that has gone from version 1 to 2, and whose traffic has drifted since.
async fn troubled(bed: &mut Bed) -> DeploymentName {
    let first = bed.register("v2").await;
    let name = bed.deploy(first).await;
    let second = bed.register("v3").await;
    let plan = contract::rollout::RolloutPlan {
        steps: vec![contract::rollout::Step {
            weight: 100.0,
            seconds: 0,
            min_requests: 0,
            exit: contract::rollout::Exit::NothingWorse,
        }],
        guardrails: Vec::new(),
        ..contract::rollout::RolloutPlan::default()
    };
    bed.roll_out(&name, second, Some(plan)).await.unwrap();
    crate::rollouts::tick(&bed.cx).await.unwrap();
    assert_eq!(bed.cx.book.get(&name).unwrap().stable, Some(second), "the rollout is complete");
    bed.clock.advance(20 * MINUTE);
    let load = CreateEvent {
        source: "etl".into(),
        title: "Loaded March again".into(),
        kind: EventKind::DataRun,
        deployments: vec![name.clone()],
        ..CreateEvent::default()
    };
    events::post(&bed.cx, &admin(), load).await.unwrap();
    bed.clock.advance(5 * MINUTE);
    let rows = bed.rows(&name, "live_drifted.csv");
    bed.send(&name, &rows).await;
    bed.flush().await;
    name
}

#[tokio::test]
async fn a_bad_alert_opens_one_incident_that_names_its_suspects_and_ends_when_it_is_over() {
    for mut bed in beds().await {
        let name = troubled(&mut bed).await;
        alerts::tick(&bed.cx).await.unwrap();
        let firing = alerts::list(&bed.cx, &admin()).await.unwrap().open;
        assert!(firing.iter().any(|alert| alert.state == State::Bad) && firing.len() > 1, "{firing:?}");
        tick(&bed.cx).await.unwrap();
        let listed = list(&bed.cx, &admin()).await.unwrap();
        let [line] = &listed.incidents[..] else { panic!("one incident: {listed:?}") };
        assert_eq!((line.number, line.phase, line.severity, &line.deployment), (1, IncidentState::Open, State::Bad, &name));
        assert_eq!(line.alerts, shown(&bed, &line.id).await.alerts.len());
        assert_eq!(open_count(&bed.cx).await.unwrap(), 1);
        let id = line.id.clone();
        // Another look opens nothing.
        alerts::tick(&bed.cx).await.unwrap();
        tick(&bed.cx).await.unwrap();
        assert_eq!(list(&bed.cx, &admin()).await.unwrap().incidents.len(), 1);

        let view = shown(&bed, &id).await;
        let causes: Vec<CauseKind> = view.suspects.iter().map(|suspect| suspect.kind).collect();
        assert_eq!(causes[..2], [CauseKind::DataRun, CauseKind::Version], "{:?}", view.suspects);
        assert_eq!(view.suspects[0].because, "data run, 5 min before the first alert");
        assert!(view.suspects.windows(2).all(|pair| pair[0].score >= pair[1].score));
        assert!(view.answer.sentence.contains("etl: Loaded March again"), "{}", view.answer.sentence);
        let event = view.timeline.iter().find(|entry| entry.text == "etl: Loaded March again").unwrap();
        assert_eq!((event.kind, event.distance, event.suspect), (EntryKind::Change, -5 * MINUTE, Some(1)));
        assert!(view.timeline.iter().any(|entry| entry.kind == EntryKind::Alert && entry.distance == 0));
        assert!(view.timeline.windows(2).all(|pair| pair[0].at >= pair[1].at), "newest first");
        assert!(view.numbers.requests > 0 && view.numbers.failed == 0);
        assert!(!view.may_resolve.ok && view.may_resolve.why_not.as_deref().is_some_and(|why| why.contains("waits for")));
        assert!(view.chart.series.iter().any(|one| one.points.iter().any(|point| point.value.is_some())), "{:?}", view.chart);
        assert_eq!(drive(&bed, &id, IncidentAct::Resolve).await.unwrap_err().kind, ProblemKind::Conflict);

        // One act goes back to the version before, by the way that everything else goes back.
        let (before, to) = (bed.cx.book.get(&name).unwrap().stable, view.rollback_to);
        assert!(view.may_roll_back.ok && to.is_some() && to != before);
        let viewer = person("vic", Role::Viewer);
        let back = DriveIncident { act: IncidentAct::RollBack, reason: "drift".into() };
        assert_eq!(super::drive(&bed.cx, &viewer, &id, back.clone()).await.unwrap_err().kind, ProblemKind::Forbidden);
        let silent = DriveIncident { reason: " ".into(), ..back.clone() };
        assert_eq!(super::drive(&bed.cx, &admin(), &id, silent).await.unwrap_err().errors[0].field, "reason");
        super::drive(&bed.cx, &admin(), &id, back).await.unwrap();
        assert_eq!(bed.cx.book.get(&name).unwrap().stable, to);
        assert!(
            shown(&bed, &id)
                .await
                .timeline
                .iter()
                .any(|entry| entry.kind == EntryKind::Act && entry.text == "Rolled back: drift")
        );

        // Calm traffic ends the alerts; the incident is mitigated by itself and resolved by people.
        bed.clock.advance(20 * MINUTE);
        let calm = bed.rows(&name, "live.csv");
        bed.send(&name, &calm).await;
        bed.flush().await;
        for _ in 0..3 {
            alerts::tick(&bed.cx).await.unwrap();
        }
        let ended = bed.cx.now();
        bed.clock.advance(10 * SECOND);
        tick(&bed.cx).await.unwrap();
        let view = shown(&bed, &id).await;
        assert_eq!((view.line.phase, view.line.mitigated_at), (IncidentState::Mitigated, Some(ended)));
        assert_eq!(view.timeline.iter().filter(|entry| entry.kind == EntryKind::Cleared).count(), view.alerts.len());

        // It comes back: the same incident is open again.
        bed.clock.advance(20 * MINUTE);
        let drifted = bed.rows(&name, "live_drifted.csv");
        bed.send(&name, &drifted).await;
        bed.flush().await;
        alerts::tick(&bed.cx).await.unwrap();
        let again = shown(&bed, &id).await;
        assert_eq!((again.line.phase, again.line.mitigated_at), (IncidentState::Open, None));
        assert!(again.alerts.len() > view.alerts.len());
        assert_eq!(list(&bed.cx, &admin()).await.unwrap().incidents.len(), 1);
        bed.clock.advance(20 * MINUTE);
        bed.send(&name, &calm).await;
        bed.flush().await;
        for _ in 0..3 {
            alerts::tick(&bed.cx).await.unwrap();
        }
        drive(&bed, &id, IncidentAct::Resolve).await.unwrap();
        let done = shown(&bed, &id).await;
        assert_eq!(done.line.phase, IncidentState::Resolved);
        assert!(!done.may_roll_back.ok);

        let (file, text) = post_mortem(&bed.cx, &admin(), &id).await.unwrap();
        assert_eq!(file, "incident-1-churn.md");
        for part in [
            "# Incident 1: ",
            "| State | resolved |",
            "etl: Loaded March again",
            "data run, 5 min before the first alert",
            "Rolled back: drift",
            "## Timeline",
            "| Resolved | ",
        ] {
            assert!(text.contains(part), "“{part}” is not in\n{text}");
        }
        let log = bed.cx.store.db.audit_of("incident", id.as_str(), 100).await.unwrap();
        let mut acts: Vec<&str> = log.iter().map(|entry| entry.action.as_str()).collect();
        acts.reverse();
        assert_eq!(
            acts,
            ["incident.opened", "incident.rolled_back", "incident.mitigated", "incident.reopened", "incident.resolved"]
        );
        assert!(crate::audit::verify(&bed.cx).await.unwrap().intact);
    }
}

#[tokio::test]
async fn by_hand_with_people_and_notes() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        bed.clock.advance(MINUTE);
        let oncall = person("olga", Role::Oncall);
        let open_it = |title: &str| OpenIncident {
            deployment: name.clone(),
            title: title.into(),
            note: "Customers <call> | us".into(),
            started_at: Some(Millis(bed.cx.now().0 - 30 * SECOND).rfc3339()),
        };
        assert_eq!(open(&bed.cx, &person("vic", Role::Viewer), open_it("Slow")).await.unwrap_err().kind, ProblemKind::Forbidden);
        for (bad, field) in [
            (open_it(" "), "title"),
            (OpenIncident { deployment: "nowhere".into(), ..open_it("Slow") }, "deployment"),
            (OpenIncident { started_at: Some("soon".into()), ..open_it("Slow") }, "started_at"),
            (OpenIncident { started_at: Some((bed.cx.now() + MINUTE).rfc3339()), ..open_it("Slow") }, "started_at"),
        ] {
            assert_eq!(open(&bed.cx, &oncall, bad).await.unwrap_err().errors[0].field, field);
        }
        let line = open(&bed.cx, &oncall, open_it("Slow")).await.unwrap();
        assert_eq!((line.number, line.commander.as_str(), line.alerts), (1, "olga", 0));
        assert_eq!(open(&bed.cx, &oncall, open_it("Again")).await.unwrap_err().kind, ProblemKind::Conflict);
        let id = line.id;
        // It has no alerts that could end: it stays open by itself.
        tick(&bed.cx).await.unwrap();
        assert_eq!(shown(&bed, &id).await.line.phase, IncidentState::Open);

        let ada = UserId("ada".into());
        assert_eq!(assign(&bed.cx, &oncall, &id, &ada, IncidentRole::Commander).await.unwrap_err().errors[0].field, "person");
        assign(&bed.cx, &admin(), &id, &ada, IncidentRole::Commander).await.unwrap();
        let people = shown(&bed, &id).await.people;
        assert_eq!(
            people.iter().map(|one| (one.name.as_str(), one.role)).collect::<Vec<_>>(),
            [("ada", IncidentRole::Commander), ("olga", IncidentRole::Operations)]
        );
        leave(&bed.cx, &admin(), &id, &UserId("olga".into())).await.unwrap();
        assert_eq!(leave(&bed.cx, &admin(), &id, &UserId("olga".into())).await.unwrap_err().kind, ProblemKind::NotFound);
        note(&bed.cx, &oncall, &id, "# Not a heading\n| not a table").await.unwrap();
        assert_eq!(note(&bed.cx, &oncall, &id, "  ").await.unwrap_err().errors[0].field, "text");
        let words = DescribeIncident { impact: Some("120 customers waited.".into()), ..DescribeIncident::default() };
        describe(&bed.cx, &oncall, &id, words).await.unwrap();
        let cause = DescribeIncident { cause: Some("The cache was off.".into()), ..DescribeIncident::default() };
        describe(&bed.cx, &oncall, &id, cause).await.unwrap();
        let view = shown(&bed, &id).await;
        assert_eq!(
            (view.impact.as_str(), view.cause.as_str(), view.line.title.as_str()),
            ("120 customers waited.", "The cache was off.", "Slow")
        );
        assert_eq!(view.rollback_to, None);
        assert!(!view.may_roll_back.ok, "there was no version before");
        assert_eq!(view.suspects[0].kind, CauseKind::Version, "its first version: {:?}", view.suspects);

        // An alert that fires now joins it, bad or not.
        let rows = bed.rows(&name, "live_drifted.csv");
        bed.send(&name, &rows[..800]).await;
        bed.flush().await;
        alerts::tick(&bed.cx).await.unwrap();
        let view = shown(&bed, &id).await;
        assert!(!view.alerts.is_empty() && view.alerts.len() == alerts::list(&bed.cx, &admin()).await.unwrap().open.len());
        assert_eq!(view.line.started_at, Millis(bed.cx.now().0 - 30 * SECOND), "it began before its alerts");
        let text = post_mortem(&bed.cx, &oncall, &id).await.unwrap().1;
        for part in
            ["> # Not a heading\n> | not a table", "Customers \\<call> \\| us", "> 120 customers waited.", "- ada: commander"]
        {
            assert!(text.contains(part), "“{part}” is not in\n{text}");
        }
        drive(&bed, &id, IncidentAct::Mitigate).await.unwrap();
        assert_eq!(drive(&bed, &id, IncidentAct::Mitigate).await.unwrap_err().kind, ProblemKind::Conflict);
        drive(&bed, &id, IncidentAct::Reopen).await.unwrap();
        assert_eq!(view_state(&bed, &id).await, IncidentState::Open);
        assert_eq!(super::view(&bed.cx, &admin(), &"none".into()).await.unwrap_err().kind, ProblemKind::NotFound);
        assert_eq!(drive(&bed, &"none".into(), IncidentAct::Mitigate).await.unwrap_err().kind, ProblemKind::NotFound);
    }
}

async fn view_state(bed: &Bed, id: &contract::IncidentId) -> IncidentState {
    shown(bed, id).await.line.phase
}
