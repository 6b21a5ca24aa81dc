//! Guessing passwords is slow: after five tries in a row an address is refused for a minute, whoever asks and wherever.

use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::time::{DAY, MINUTE, span_words};
use contract::{Problem, Role};
use serde_json::json;

/// Wrong passwords in a row before an address has to wait.
const TRIES: i64 = 5;
const PAUSE: i64 = MINUTE;

/// Counts a try before the password is looked at, so that many at once are not more tries; how many are left after this one.
/// `Busy` while the address is refused. A right password forgets them: see [`store::Tx::signed_in`].
pub async fn count(cx: &Ctx, email: &str) -> Outcome<i64> {
    let (now, doing) = (cx.now(), "Checking a password");
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let tried = tx.count_attempt(email, now, now + -DAY).await.or_problem(doing)?;
    if let Some(until) = tried.locked_until.filter(|until| *until > now.0) {
        return Err(paused(until - now.0));
    }
    if tried.failures > TRIES {
        tx.lock_sign_in(email, now + PAUSE).await.or_problem(doing)?;
        let nobody = Actor { id: String::new(), name: "Somebody not signed in".into(), role: Role::Viewer };
        let summary = format!("Passwords for {email} were refused for a minute after {TRIES} wrong ones");
        let entry = entry(cx, &nobody, "sign_in.paused", ("user", email), summary, json!({"tries": TRIES}));
        tx.audit(entry).await.or_problem(doing)?;
        tx.commit().await.or_problem(doing)?;
        return Err(paused(PAUSE));
    }
    tx.commit().await.or_problem(doing)?;
    Ok(TRIES - tried.failures)
}

/// How many tries are left, as a sentence.
pub fn left(left: i64) -> String {
    match left {
        n if n <= 0 => format!("The next try is refused for {}.", span_words(PAUSE)),
        1 => format!("One try left before a pause of {}.", span_words(PAUSE)),
        n => format!("{n} tries left before a pause of {}.", span_words(PAUSE)),
    }
}

fn paused(ms: i64) -> Problem {
    Problem::busy(format!("Too many wrong passwords for this address. Try again in {}.", span_words(ms.max(1_000))))
}
