//! What it takes to watch one deployment: bytes of what is stored, and memory of what is being counted.

use crate::deployments::Known;
use crate::monitoring::spans::KEPT;
use crate::words::{bytes, counted};
use crate::{Ctx, IntoProblem, Outcome};
use contract::Millis;
use contract::time::{DAY, HOUR, span_words};
use contract::views::resources::{Watching, WatchingPart};

/// From the sums beside the windows and the newest rows of the rest: nothing that is large is read.
pub async fn watching(cx: &Ctx, known: &Known) -> Outcome<Watching> {
    let doing = "Reading what watching takes";
    let (db, now) = (&cx.store.db, cx.now());
    let mut parts = Vec::new();
    let stored = db.windows_kept(&known.name).await.or_problem(doing)?;
    for (span, kept) in KEPT {
        let row = stored.iter().find(|row| row.span == span);
        let (rows, size) = row.map_or((0, 0), |row| (whole(row.windows), whole(row.bytes)));
        parts.push(WatchingPart {
            name: format!("Windows of {}", span_words(span)),
            kept: span_words(kept),
            rows,
            bytes: size,
            day_bytes: row.and_then(|row| a_day(size, now - Millis(row.oldest))),
        });
    }
    let (rows, mean, oldest) = db.quality_size(&known.name).await.or_problem(doing)?;
    let size = (rows.max(0) as f64 * mean) as u64;
    parts.push(WatchingPart {
        name: "Realised quality by the minute".into(),
        kept: for_days(cx.retention.quality_days),
        rows: whole(rows),
        bytes: size,
        day_bytes: oldest.and_then(|oldest| a_day(size, now - Millis(oldest))),
    });
    let ((rows, mean), (packed, packed_bytes)) =
        (db.predictions_size(&known.name).await.or_problem(doing)?, db.pages_size(&known.name).await.or_problem(doing)?);
    let not_packed = |name: &str, kept: String, rows: i64, bytes: u64| WatchingPart {
        name: name.into(),
        kept,
        rows: whole(rows),
        bytes,
        day_bytes: None,
    };
    let newest = format!("the newest {} of all deployments", crate::words::count(whole(crate::monitoring::LOG_CAP)));
    parts.push(not_packed("Prediction log, single rows", newest, rows, (rows.max(0) as f64 * mean) as u64));
    let most = format!("the newest {} of all deployments", bytes(u64::from(cx.retention.log_mb) << 20));
    parts.push(not_packed("Prediction log, packed rows", most, packed, whole(packed_bytes)));

    let stored_bytes = parts.iter().map(|part| part.bytes).sum();
    let memory_bytes = cx.kept.open_bytes(&known.name);
    let features = known.stable_version().and_then(|stable| stable.baseline.as_ref()).map_or(0, |of| of.features.len());
    let windows: Option<u64> = parts.iter().filter_map(|part| part.day_bytes).reduce(|sum, bytes| sum + bytes);
    let growth = match windows {
        Some(windows) => {
            format!("Windows and quality grow by {} a day at most, as it has gone so far, until the oldest go", bytes(windows))
        }
        None => "How much that grows a day can be told when it has been watched for longer".into(),
    };
    Ok(Watching {
        parts,
        stored_bytes,
        memory_bytes,
        title: format!("Watching takes {} in the database and {} of memory", bytes(stored_bytes), bytes(memory_bytes)),
        sentence: format!(
            "{} watched. {growth}. Memory is that of the windows that this process is adding to.",
            counted(features as u64, "feature")
        ),
    })
}

/// Bytes that a day adds, out of those of a stretch; `None` of less than an hour.
fn a_day(size: u64, stretch: i64) -> Option<u64> {
    (stretch >= HOUR).then(|| (size as f64 / stretch as f64 * DAY as f64) as u64)
}

fn for_days(days: u32) -> String {
    if days == 0 { "for good".into() } else { format!("{days} d") }
}

fn whole(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_told_from_an_hour_on() {
        for (size, stretch, day) in [(100, HOUR - 1, None), (100, HOUR, Some(2_400)), (100, 4 * DAY, Some(25)), (0, DAY, Some(0))]
        {
            assert_eq!(a_day(size, stretch), day, "{size} in {stretch}");
        }
        assert_eq!((for_days(0), for_days(30)), ("for good".to_owned(), "30 d".to_owned()));
    }
}
