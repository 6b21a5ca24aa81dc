//! Lists: `{"items": […], "next_cursor": …}`, paged by `?limit=&cursor=`.

use axum::Json;
use contract::Problem;
use contract::inputs::TimeRange;
use contract::time::{DAY, HOUR, MINUTE};
use contract::{FieldError, Millis};
use serde::{Deserialize, Serialize};

const DEFAULT: usize = 50;
const MOST: usize = 500;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct List<T> {
    pub items: Vec<T>,
    /// Goes into `?cursor=` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Paging {
    limit: Option<usize>,
    cursor: Option<String>,
}

impl Paging {
    pub fn limit(&self) -> Result<usize, Problem> {
        match self.limit {
            None => Ok(DEFAULT),
            Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
            Some(limit) => Err(Problem::field("limit", format!("limit is 1 to {MOST}, and is {limit}."))),
        }
    }

    /// The cursor as a number; it is one of ours or none.
    pub fn cursor(&self) -> Result<Option<i64>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        match cursor.parse() {
            Ok(number) if number >= 0 => Ok(Some(number)),
            _ => Err(Problem::field("cursor", "This cursor is not one that a list gave.")),
        }
    }

    /// A page of a list that is short enough to be made whole.
    pub fn page<T>(&self, all: Vec<T>) -> Result<Json<List<T>>, Problem> {
        let limit = self.limit()?;
        let start = self.cursor()?.and_then(|cursor| usize::try_from(cursor).ok()).unwrap_or(0);
        let end = start.saturating_add(limit);
        let next_cursor = (end < all.len()).then(|| end.to_string());
        Ok(Json(List { items: all.into_iter().skip(start).take(limit).collect(), next_cursor }))
    }
}

/// `?range=15m|6h|7d`, or `?from=…&to=…` in RFC 3339.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Range {
    range: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl Range {
    /// The stretch that is asked for; the last hour if none is.
    pub fn read(&self, now: Millis) -> Result<TimeRange, Problem> {
        let time = |name: &str, text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => match Millis::parse(text) {
                Some(at) => Ok(Some(at)),
                None => Err(Problem::field(name, format!("{name} must be a time as in 2026-03-17T14:20:00Z, and is “{text}”."))),
            },
        };
        let to = time("to", &self.to)?.unwrap_or(now);
        let from = match (time("from", &self.from)?, &self.range) {
            (Some(from), _) => from,
            (None, None) => to + -HOUR,
            (None, Some(range)) => to + -span(range)?,
        };
        if from >= to {
            return Err(Problem::field("from", "from must be before to."));
        }
        Ok(TimeRange { from, to })
    }
}

fn span(text: &str) -> Result<i64, Problem> {
    let units = [('m', MINUTE), ('h', HOUR), ('d', DAY)];
    let found = units.into_iter().find_map(|(unit, ms)| {
        let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
        (1..=100_000).contains(&count).then(|| count * ms)
    });
    found.ok_or_else(|| {
        let message = format!("range is a number with m, h or d, as in 15m or 7d, and is “{text}”.");
        Problem { errors: vec![FieldError { field: "range".into(), message: message.clone() }], ..Problem::invalid(message) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let page = |limit, cursor: Option<&str>| {
            Paging { limit, cursor: cursor.map(String::from) }.page((0..5).collect()).map(|json| json.0)
        };
        assert_eq!(page(Some(2), None).unwrap(), List { items: vec![0, 1], next_cursor: Some("2".into()) });
        assert_eq!(page(Some(2), Some("4")).unwrap(), List { items: vec![4], next_cursor: None });
        assert_eq!(page(None, Some("99")).unwrap(), List { items: vec![], next_cursor: None });
        for (limit, cursor) in [(Some(0), None), (Some(501), None), (None, Some("-1")), (None, Some("x"))] {
            assert!(page(limit, cursor).is_err(), "{limit:?} {cursor:?}");
        }
    }

    #[test]
    fn stretches_of_time() {
        let now = Millis(10 * DAY);
        let read = |range: Option<&str>, from: Option<&str>, to: Option<&str>| {
            Range { range: range.map(String::from), from: from.map(String::from), to: to.map(String::from) }.read(now)
        };
        assert_eq!(read(None, None, None).unwrap(), TimeRange { from: now + -HOUR, to: now });
        assert_eq!(read(Some("7d"), None, None).unwrap().from, now + -7 * DAY);
        assert_eq!(
            read(None, Some("1970-01-02T00:00:00Z"), Some("1970-01-03T00:00:00Z")).unwrap(),
            TimeRange { from: Millis(DAY), to: Millis(2 * DAY) }
        );
        for (range, from) in [
            (Some("7"), None),
            (Some("-7d"), None),
            (Some("9999999999d"), None),
            (None, Some("yesterday")),
            (None, Some("2100-01-01T00:00:00Z")),
        ] {
            assert!(read(range, from, None).is_err(), "{range:?} {from:?}");
        }
    }
}
