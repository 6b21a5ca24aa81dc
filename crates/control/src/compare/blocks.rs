//! The reference cut into stretches of the kind that will be judged.

use super::columns::Columns;
use super::options::{Chunks, period_start};
use super::peek::Typical;
use super::rows::{Batch, Dictionary};
use contract::{Millis, time};

/// Stretches at most; more of them are taken together.
const MOST: usize = 1_500;
/// Where nothing says how long a stretch is, the reference makes so many.
const OTHERWISE: usize = 40;
/// Rows of a stretch at least, where there is a choice.
const FEWEST_ROWS: usize = 30;
/// Stretches by which the reference is cut by a column.
const FEWEST: usize = 8;
/// A stretch longer than this has no time of the day.
const SHORT: i64 = 30 * time::HOUR;

/// Rows of the reference by stretch, in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blocks {
    order: Option<Vec<u32>>,
    /// The end of each stretch; the first begins at 0.
    ends: Vec<usize>,
    at: Vec<Option<i64>>,
}

impl Blocks {
    /// Cuts the reference as the chunks will be cut, as far as its columns allow it.
    pub fn cut(reference: &Batch, columns: &Columns, chunks: &Chunks, typical: Typical, dictionaries: &[Dictionary]) -> Self {
        let rows = reference.rows;
        let times = columns.time.map(|c| reference.times(c)).filter(|times| times.iter().any(Option::is_some)).unwrap_or(&[]);
        // A chunk column that says the same in all rows says nothing.
        let codes = columns.chunk.map(|c| reference.codes(c)).filter(|codes| {
            let distinct: std::collections::HashSet<u32> = codes.iter().copied().collect();
            distinct.len() >= FEWEST && distinct.len() * 2 <= rows
        });
        let by_code = codes.filter(|codes| times.is_empty() && !codes.is_sorted());
        let order = (!times.is_sorted() || by_code.is_some()).then(|| {
            let mut order: Vec<u32> = (0..rows as u32).collect();
            match by_code {
                Some(codes) => order.sort_by_key(|row| codes[*row as usize]),
                None => order.sort_by_key(|row| times[*row as usize]),
            }
            order
        });
        let row_at = |position: usize| order.as_ref().map_or(position, |order| order[position] as usize);
        let ends = match (chunks, codes) {
            (Chunks::Column(_), Some(codes)) => changes(rows, |i| codes[row_at(i)]),
            (Chunks::Period(_) | Chunks::Column(_), _) if !times.is_empty() && typical.length.is_some() => {
                let length = typical.length.unwrap_or(time::HOUR);
                changes(rows, |i| times[row_at(i)].map(|at| period_start(at, length).0))
            }
            _ if typical.rows.is_some_and(|size| rows / size >= 8) => even(rows, typical.rows.unwrap_or(rows)),
            _ => even(rows, (rows / OTHERWISE).max(FEWEST_ROWS)),
        };
        let together = ends.len().div_ceil(MOST).max(1);
        let ends: Vec<usize> = ends.chunks(together).filter_map(|few| few.last().copied()).collect();
        let mut start = 0;
        let at = ends.iter().map(|&end| {
            let (from, to) = (times.get(row_at(start)).copied().flatten(), times.get(row_at(end - 1)).copied().flatten());
            let number = codes
                .filter(|_| times.is_empty())
                .and_then(|codes| numbered_hour(dictionaries[columns.chunk?].name(codes[row_at(start)])?));
            start = end;
            middle(from, to).or(number)
        });
        let at = at.collect();
        Self { order, ends, at }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The middle of each stretch, where it is short and its time is known.
    pub fn at(&self, block: usize) -> Option<i64> {
        self.at.get(block).copied().flatten()
    }

    /// The rows of a stretch.
    pub fn rows(&self, block: usize) -> impl Iterator<Item = usize> {
        let start = block.checked_sub(1).map_or(0, |before| self.ends[before]);
        (start..self.ends[block]).map(|position| self.order.as_ref().map_or(position, |order| order[position] as usize))
    }

    /// All rows in the order of time.
    pub fn ordered(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).flat_map(|block| self.rows(block))
    }
}

/// Chunks that are whole numbers are taken for hours in a row, where no times are known: if days then explain anything, they are.
pub fn numbered_hour(name: &str) -> Option<i64> {
    name.parse::<i64>().ok().filter(|hour| (0..10_000_000).contains(hour)).map(|hour| hour * time::HOUR)
}

/// The middle of a stretch of time, unless it is long.
pub fn middle(from: Option<Millis>, to: Option<Millis>) -> Option<i64> {
    let (from, to) = (from?.0, to?.0);
    ((to - from) <= SHORT).then_some(i64::midpoint(from, to))
}

fn changes<T: PartialEq>(rows: usize, of: impl Fn(usize) -> T) -> Vec<usize> {
    let mut ends: Vec<usize> = (1..rows).filter(|&i| of(i) != of(i - 1)).collect();
    ends.push(rows);
    ends.retain(|end| *end > 0);
    ends
}

fn even(rows: usize, size: usize) -> Vec<usize> {
    let mut ends: Vec<usize> = (1..=rows / size).map(|i| i * size).collect();
    match ends.last_mut() {
        // A short rest belongs to the last.
        Some(last) if rows - *last < size / 2 => *last = rows,
        Some(last) if *last < rows => ends.push(rows),
        None if rows > 0 => ends.push(rows),
        _ => {}
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_cover_every_row_once() {
        assert_eq!(even(100, 30), [30, 60, 100]);
        assert_eq!(even(110, 30), [30, 60, 90, 110]);
        assert_eq!((even(5, 30), even(0, 30)), (vec![5], vec![]));
        assert_eq!(changes(5, |i| i / 2), [2, 4, 5]);
        assert_eq!(changes(0, |i| i), Vec::<usize>::new());
    }

    #[test]
    fn long_stretches_have_no_time_of_day() {
        assert_eq!(middle(Some(Millis(0)), Some(Millis(time::HOUR))), Some(time::HOUR / 2));
        assert_eq!(middle(Some(Millis(0)), Some(Millis(7 * time::DAY))), None);
        assert_eq!(middle(None, Some(Millis(0))), None);
    }
}
