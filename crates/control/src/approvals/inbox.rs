//! What waits for one person, what they asked for, and what is done.

use super::get::{case, number, registered_by, state};
use super::{list, policy};
use crate::{Actor, Ctx, IntoProblem, Outcome, words};
use contract::role::Act;
use contract::time::DAY;
use contract::verdict::State;
use contract::views::approvals::ApprovalState;
use contract::views::common::When;
use contract::views::inbox::{InboxLine, InboxView};
use contract::{ApprovalId, Millis, urls};
use store::approvals::ApprovalRow;

const DONE: usize = 20;

/// `happening` comes from the rooms that know what runs and what fires.
pub async fn inbox(cx: &Ctx, who: &Actor, happening: Vec<InboxLine>) -> Outcome<InboxView> {
    who.must(Act::View)?;
    let doing = "Reading the inbox";
    let waits: Vec<InboxLine> = mine(cx, who).await?.into_iter().map(|row| line(cx, row, "Sign")).collect();
    let all = cx.store.db.approvals(200).await.or_problem(doing)?;
    let (asked, ended): (Vec<ApprovalRow>, Vec<ApprovalRow>) =
        all.into_iter().filter(|row| row.asked_by == who.id).partition(|row| state(row) == ApprovalState::Open);
    let signed = cx.store.db.approvals_signed_by(&who.id, DONE as i64).await.or_problem(doing)?;
    let mut done: Vec<ApprovalRow> = ended;
    done.extend(signed.into_iter().filter(|row| state(row) != ApprovalState::Open));
    done.sort_by_key(|row| std::cmp::Reverse(row.ended_at));
    done.dedup_by(|a, b| a.id == b.id);
    done.truncate(DONE);
    let asked: Vec<InboxLine> = asked.into_iter().map(|row| line(cx, row, "Waits for a signature")).collect();
    let today = waits.iter().filter(|line| line.due == "Today").count();
    let title = match waits.len() {
        0 => "Nothing waits for you".to_owned(),
        1 => "One thing waits for you".to_owned(),
        n => format!("{} things wait for you", words::count(n as u64)),
    };
    let sentence = match (waits.len(), today, asked.len()) {
        (0, _, 0) => "Requests for your signature appear here by themselves.".to_owned(),
        (0, _, n) => format!("{} of yours wait for somebody else.", words::counted(n as u64, "request")),
        (_, 0, _) => "None of it is due today.".to_owned(),
        (_, n, _) => format!("{n} due today."),
    };
    Ok(InboxView { title, sentence, waits, asked, done: done.into_iter().map(|row| line(cx, row, "")).collect(), happening })
}

/// How many requests wait for this person's signature.
pub async fn waiting(cx: &Ctx, who: &Actor) -> Outcome<u32> {
    Ok(u32::try_from(mine(cx, who).await?.len()).unwrap_or(u32::MAX))
}

/// Open requests that this person may sign, oldest first.
async fn mine(cx: &Ctx, who: &Actor) -> Outcome<Vec<ApprovalRow>> {
    if !who.role.may(Act::Approve) {
        return Ok(Vec::new());
    }
    let mut mine = Vec::new();
    for row in cx.store.db.open_approvals().await.or_problem("Reading open requests")? {
        let registered_by = registered_by(cx, &row).await?;
        if policy::may_sign(who, case(cx, &row, &[], who, &registered_by)).ok {
            mine.push(row);
        }
    }
    Ok(mine)
}

fn line(cx: &Ctx, row: ApprovalRow, verb: &str) -> InboxLine {
    let now = cx.now();
    let (left, is_open) = (row.expires_at - now.0, state(&row) == ApprovalState::Open);
    let due = match left {
        _ if !is_open => "",
        left if left < DAY => "Today",
        left if left < 7 * DAY => "This week",
        _ => "Later",
    };
    let of = format!("version {} of {} for {}", number(row.version), row.model, row.deployment);
    let shown = list::line(row, now);
    let expires = When::new(Millis(now.0 + left), now);
    InboxLine {
        due: due.into(),
        title: if verb.is_empty() { words::capital(&of) } else { format!("{verb}: {of}") },
        detail: format!("Asked by {}. {}", shown.asked_by, shown.detail),
        state: State::from(shown.state),
        state_words: shown.state.words().into(),
        at: shown.asked,
        until: if is_open { format!("expires {}", expires.words) } else { String::new() },
        href: urls::approval(&ApprovalId(shown.id.0)),
    }
}
