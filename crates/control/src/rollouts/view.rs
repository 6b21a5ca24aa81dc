//! The page of one rollout, complete: the answer, steps, guardrails with their sequences, buttons, what happened.

use super::compare::Compared;
use super::course::Course;
use super::drive;
use super::judge::{Decision, Standing};
use super::list::{shown, words as state_words};
use super::look::{Look, Numbers, look};
use super::words;
use crate::words::{capital, count, counted, listed};
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::RolloutAct;
use contract::role::Act;
use contract::rollout::{Guarded, Guardrail, RolloutState};
use contract::verdict::State;
use contract::views::parts::{Answer, Button, Change, Link};
use contract::views::rollouts::{GuardrailTile, RolloutView, SequencePoint, StepState, StepView};
use contract::{Millis, RolloutId, urls};
use store::rollouts::LookRow;

/// Points of a sequence that a chart gets.
const POINTS: usize = 200;

pub async fn view(cx: &Ctx, who: &Actor, id: &RolloutId) -> Outcome<RolloutView> {
    who.must(Act::View)?;
    let doing = "Reading the rollout";
    let row = cx.store.db.rollout(id).await.or_problem(doing)?.ok_or_else(|| super::unknown(id))?;
    let course = Course::read(row)?;
    let kept = cx.store.db.rollout_looks(id).await.or_problem(doing)?;
    // An ended rollout shows the numbers that it ended on; an open one the numbers of this moment.
    let live = match cx.book.get(&course.deployment) {
        Some(known) if !course.state.ended() => Some(look(cx, &course, &known).await?),
        _ => None,
    };
    let read: Vec<(LookRow, Numbers)> =
        kept.into_iter().filter_map(|row| serde_json::from_str(&row.numbers).ok().map(|numbers| (row, numbers))).collect();
    let compared: Vec<Compared> = match (&live, read.last()) {
        (Some(live), _) => live.compared.clone(),
        (None, Some((_, numbers))) => numbers.compared.clone(),
        (None, None) => Vec::new(),
    };
    let evidence = match &live {
        Some(live) => live.evidence.clone(),
        None => super::evidence::gather(cx, &course).await?,
    };
    let log = cx.store.db.audit_of("rollout", id.as_str(), 200).await.or_problem(doing)?;
    let log = log
        .into_iter()
        .map(|entry| Change { at: Millis(entry.at), text: entry.summary, who: entry.actor_name, url: None })
        .collect();
    let now = cx.now();
    Ok(RolloutView {
        answer: answer(&course, live.as_ref(), &compared, now),
        steps: steps(&course, &evidence),
        guardrails: course
            .plan
            .guardrails
            .iter()
            .enumerate()
            .map(|(i, guardrail)| tile(&course, i, guardrail, compared.get(i), &read, now, live.is_some()))
            .collect(),
        buttons: [RolloutAct::Pause, RolloutAct::Resume, RolloutAct::Advance, RolloutAct::RollBack, RolloutAct::Abort]
            .into_iter()
            .map(|act| button(cx, who, &course, live.as_ref(), act))
            .collect(),
        log,
        facts: facts(&course),
        cli: format!("slipway rollback {} --reason \"…\"", course.deployment),
        canary_requests: evidence.canary_requests(),
        stable_requests: evidence.stable_requests(),
        looks: u64::try_from(course.row.looks).unwrap_or(0),
        started_at: course.started(),
        ended_at: course.row.ended_at.map(Millis),
        approval: course.row.approval.clone().map(Into::into),
        updated_at: now,
        id: course.id,
        deployment: course.deployment,
        model: course.model,
        stable: course.stable,
        canary: course.canary,
        phase: course.state,
        plan: course.plan,
    })
}

fn answer(course: &Course, live: Option<&Look>, compared: &[Compared], now: Millis) -> Answer {
    let link = Some(Link { text: format!("Deployment {}", course.deployment), url: urls::deployment(&course.deployment, "") });
    let (canary, stable) = (course.canary, course.stable);
    let ended = course.row.ended_at.map_or(now, Millis).words(now);
    let headline = match course.state {
        RolloutState::Completed => format!("Version {canary} answers everything since {ended}"),
        RolloutState::RolledBack => format!("Rolled back at {ended}: version {stable} answers everything again"),
        RolloutState::Aborted => format!("Aborted at {ended}: version {stable} answers everything again"),
        RolloutState::Paused => format!("Paused at {}", words::weight(course.weight())),
        RolloutState::Running => match live.map(|live| &live.decision) {
            Some(Decision::RollBack { .. }) => format!("Version {canary} is worse and is being rolled back"),
            Some(Decision::Wait { .. }) if compared.iter().all(|one| one.standing != Standing::Undecided) => {
                format!("Version {canary} is at {}, nothing is worse", words::weight(course.weight()))
            }
            Some(Decision::Wait { .. }) => {
                let open: Vec<String> =
                    compared.iter().filter(|one| one.standing == Standing::Undecided).map(words::name).collect();
                format!(
                    "Version {canary} is at {}, nothing is worse; {} not decided yet",
                    words::weight(course.weight()),
                    listed(&open)
                )
            }
            _ => format!("Version {canary} moves on from {}", words::weight(course.weight())),
        },
    };
    let within = compared.iter().filter(|one| one.standing == Standing::Within).count();
    let tally = if compared.is_empty() {
        String::new()
    } else {
        format!(" {within} of {} guardrails are within their limits.", compared.len())
    };
    Answer { state: shown(course.state), headline, sentence: format!("{}{tally}", course.row.reason), link }
}

fn steps(course: &Course, evidence: &super::evidence::Evidence) -> Vec<StepView> {
    let view = |(i, step): (usize, &contract::rollout::Step)| {
        let time = course.times.get(i);
        let (requests, _) = evidence.in_step(i);
        let state = match () {
            () if i < course.step => StepState::Done,
            () if i > course.step => StepState::Todo,
            () => match course.state {
                RolloutState::Completed => StepState::Done,
                RolloutState::RolledBack | RolloutState::Aborted => StepState::Stopped,
                RolloutState::Running | RolloutState::Paused => StepState::Current,
            },
        };
        let wanted = words::conditions(step.seconds, step.min_requests);
        let conditions = match state {
            StepState::Todo => wanted,
            StepState::Current if step.min_requests > 0 => {
                format!("{} of {} requests; {wanted}", count(requests), count(step.min_requests))
            }
            StepState::Current => format!("{}; {wanted}", counted(requests, "request")),
            StepState::Done | StepState::Stopped => counted(requests, "request"),
        };
        StepView {
            title: words::weight(step.weight),
            weight: step.weight,
            state,
            entered_at: time.map(|time| time.entered),
            left_at: time.and_then(|time| time.left),
            requests,
            min_requests: step.min_requests,
            seconds: step.seconds,
            conditions,
        }
    };
    course.plan.steps.iter().enumerate().map(view).collect()
}

fn tile(
    course: &Course,
    i: usize,
    guardrail: &Guardrail,
    compared: Option<&Compared>,
    read: &[(LookRow, Numbers)],
    now: Millis,
    live: bool,
) -> GuardrailTile {
    let nothing = Compared {
        metric: guardrail.metric,
        standing: Standing::Insufficient,
        interval: None,
        canary: super::compare::Side::default(),
        stable: super::compare::Side::default(),
        class: None,
    };
    let compared = compared.unwrap_or(&nothing);
    let (state, verdict) = match compared.standing {
        Standing::Worse => (State::Bad, "Worse"),
        Standing::Within => (State::Ok, "Within limit"),
        Standing::Undecided => (State::Run, "Not decided"),
        Standing::Insufficient => (State::Unknown, "Not enough data"),
    };
    let point = |at: Millis, one: &Compared| {
        let interval = one.interval?;
        Some(SequencePoint { at, n: one.canary.n, estimate: interval.estimate, lower: interval.lower, upper: interval.upper })
    };
    let mut sequence: Vec<SequencePoint> =
        read.iter().filter_map(|(row, numbers)| point(Millis(row.at), numbers.compared.get(i)?)).collect();
    if live && let Some(now) = point(now, compared) {
        sequence.push(now);
    }
    let every = sequence.len().div_ceil(POINTS).max(1);
    let last = sequence.len().saturating_sub(1);
    let sequence =
        sequence.into_iter().enumerate().filter(|(i, _)| i % every == 0 || *i == last).map(|(_, point)| point).collect();
    let mark = course.marks.get(i).copied().unwrap_or_default();
    GuardrailTile {
        metric: guardrail.metric,
        name: capital(&words::name(compared)),
        state,
        verdict: verdict.into(),
        sentence: words::sentence(guardrail, compared),
        compared: words::both(compared),
        canary: compared.canary.value,
        stable: compared.stable.value,
        sequence,
        limit: guardrail.limit,
        worse: guardrail.worse,
        required: guardrail.required,
        is_share: words::is_share(guardrail.metric),
        planned: course.plan.planned_requests,
        passed_at: mark.within,
        worse_at: mark.worse,
    }
}

fn button(cx: &Ctx, who: &Actor, course: &Course, live: Option<&Look>, act: RolloutAct) -> Button<RolloutAct> {
    let possible = who.must(drive::needs(act)).and_then(|()| drive::turn(cx, course, live, act).map(drop));
    let (canary, stable) = (course.canary, course.stable);
    let here = words::weight(course.weight());
    let effect = match act {
        RolloutAct::Pause => format!(
            "Version {canary} keeps its {here}. No step is taken, also when all guardrails are within limits. Automatic rollback stays on."
        ),
        RolloutAct::Resume => format!("Version {canary} keeps its {here} and goes on when the step's conditions hold."),
        RolloutAct::Advance => match course.plan.steps.get(course.step + 1) {
            Some(next) => format!(
                "Version {canary} gets {} of the requests now, before this step's time and requests are reached.",
                words::weight(next.weight)
            ),
            None => format!("Version {canary} becomes the stable version now."),
        },
        RolloutAct::RollBack => format!(
            "Version {canary} stops answering within a second; its requests get version {stable} again. The rollout ends as rolled back."
        ),
        RolloutAct::Abort => {
            format!("Version {stable} answers everything again, and the rollout is closed as aborted, not as failed.")
        }
    };
    Button { act, allowed: possible.is_ok(), why_not: possible.err().map(|problem| problem.detail).unwrap_or_default(), effect }
}

fn facts(course: &Course) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let outcomes = course.plan.guardrails.iter().any(|guardrail| guardrail.metric == Guarded::WrongShare);
    vec![
        fact("State", capital(state_words(course.state))),
        fact("Started by", course.row.started_by_name.clone()),
        fact("Steps", listed(&course.plan.steps.iter().map(|step| words::weight(step.weight)).collect::<Vec<_>>())),
        fact("Sure", format!("{}% over all guardrails and looks", crate::words::number((1.0 - course.plan.alpha) * 100.0))),
        fact("Tuned for", format!("{} canary requests", count(course.plan.planned_requests))),
        fact("Outcomes", if outcomes { "joined when they arrive".into() } else { "not used".into() }),
        fact("Way back", "under a second, one action".into()),
    ]
}
