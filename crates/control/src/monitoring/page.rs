//! Pages of the prediction log: thousands of rows packed into one, for what is too busy or too old to have a database row each.
//!
//! A row of a table costs the database ten times what answering costs; packed, it costs about as much as copying it. A page holds
//! rows of one deployment, version and arm; a row is found by its id in the pages whose ids enclose it, and gets its row in the
//! table back when its outcome arrives.

use super::log::kept;
use serde_json::{Map, Value as Json};
use serving::records::{Columns, Seen};
use store::pages::PageRow;
use store::predictions::PredictionRow;

/// Rows of one page.
pub const ROWS: usize = 4_096;
/// The layout, first byte of every page.
const LAYOUT: u8 = 1;
const MISSING: u8 = 0;
const DOUBLE: u8 = 1;
const SINGLE: u8 = 2;
const TEXT: u8 = 3;
const HASH: u8 = 4;

/// Whose rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    pub deployment: String,
    pub version: i64,
    pub arm: String,
}

/// What a row holds beside its features.
pub struct Head<'r> {
    pub id: &'r str,
    pub at: i64,
    pub latency_us: i64,
    pub score: Option<f64>,
    pub label: &'r str,
    /// Empty: the version itself answered.
    pub fallback: &'r str,
    /// Of every class, where there are several; else empty.
    pub scores: &'r [f64],
}

/// A page that rows are being added to.
pub struct Page {
    owner: Owner,
    names: Vec<String>,
    bytes: Vec<u8>,
    rows: usize,
    ids: Option<(String, String)>,
    at: (i64, i64),
}

impl Page {
    /// `names` are the features, in the order in which each row has them.
    pub fn new(owner: Owner, names: Vec<String>) -> Self {
        let mut bytes = vec![LAYOUT];
        put(&mut bytes, names.len() as u32);
        names.iter().for_each(|name| text(&mut bytes, name));
        Self { owner, names, bytes, rows: 0, ids: None, at: (i64::MAX, i64::MIN) }
    }

    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    pub fn is_of(&self, deployment: &str, version: i64, arm: &str) -> bool {
        self.owner.version == version && self.owner.deployment == deployment && self.owner.arm == arm
    }

    pub fn is_full(&self) -> bool {
        self.rows >= ROWS
    }

    pub fn has_features<'n>(&self, names: impl Iterator<Item = &'n str>) -> bool {
        self.names.iter().map(String::as_str).eq(names)
    }

    /// Appends a row: `features` writes one value per name.
    fn add(&mut self, head: &Head<'_>, features: impl FnOnce(&mut Vec<u8>)) {
        let bytes = &mut self.bytes;
        let start = bytes.len();
        put(bytes, 0);
        text(bytes, head.id);
        bytes.extend(head.at.to_le_bytes());
        bytes.extend(head.latency_us.to_le_bytes());
        bytes.extend(head.score.unwrap_or(f64::NAN).to_le_bytes());
        text(bytes, head.label);
        text(bytes, head.fallback);
        features(bytes);
        // Behind everything else: a row of before this was kept just ends here.
        if !head.scores.is_empty() {
            put(bytes, head.scores.len() as u32);
            head.scores.iter().for_each(|score| bytes.extend((*score as f32).to_le_bytes()));
        }
        let length = (bytes.len() - start - 4) as u32;
        if let Some(place) = bytes.get_mut(start..start + 4) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        self.rows += 1;
        self.at = (self.at.0.min(head.at), self.at.1.max(head.at));
        match &mut self.ids {
            None => self.ids = Some((head.id.to_owned(), head.id.to_owned())),
            Some((first, last)) => {
                if head.id < first.as_str() {
                    head.id.clone_into(first);
                } else if head.id > last.as_str() {
                    head.id.clone_into(last);
                }
            }
        }
    }

    /// Appends row `row` of a request.
    pub fn add_live(&mut self, head: &Head<'_>, contract: &contract::Contract, columns: &Columns<'_>, row: usize) {
        self.add(head, |bytes| {
            for column in columns.iter() {
                let seen = if row < column.rows() { column.seen(row) } else { Seen::Missing };
                match kept(contract, column.feature, seen) {
                    Ok(seen) => value(bytes, &seen),
                    Err(hash) => tagged(bytes, HASH, &hash),
                }
            }
        });
    }

    /// Appends a row that the table had.
    pub fn add_row(&mut self, row: &PredictionRow, features: &Map<String, Json>) {
        let scores: Vec<f64> = row.scores.as_deref().and_then(|scores| serde_json::from_str(scores).ok()).unwrap_or_default();
        let head = Head {
            scores: &scores,
            id: &row.id,
            at: row.at,
            latency_us: row.latency_us,
            score: row.score,
            label: &row.label,
            fallback: row.fallback.as_deref().unwrap_or_default(),
        };
        let names = std::mem::take(&mut self.names);
        self.add(&head, |bytes| {
            for name in &names {
                match features.get(name) {
                    Some(Json::Number(number)) => value(bytes, &number.as_f64().map_or(Seen::Missing, Seen::Num)),
                    Some(Json::String(text)) => value(bytes, &Seen::Text(text.into())),
                    _ => value(bytes, &Seen::Missing),
                }
            }
        });
        self.names = names;
    }

    /// As it is stored under `id`; `None` without rows.
    pub fn close(self, id: String) -> Option<PageRow> {
        let (first_id, last_id) = self.ids?;
        Some(PageRow {
            id,
            deployment: self.owner.deployment,
            version: self.owner.version,
            arm: self.owner.arm,
            first_id,
            last_id,
            first_at: self.at.0,
            last_at: self.at.1,
            rows: self.rows as i64,
            body: self.bytes,
        })
    }
}

/// The row with this id; `None` if the page does not hold it or is damaged.
pub fn find(page: &PageRow, id: &str) -> Option<PredictionRow> {
    let mut reader = Reader(&page.body);
    if reader.take(1)? != [LAYOUT] {
        return None;
    }
    let count = reader.number()? as usize;
    let names = (0..count).map(|_| reader.text()).collect::<Option<Vec<&str>>>()?;
    while !reader.0.is_empty() {
        let length = reader.number()? as usize;
        let mut row = Reader(reader.take(length)?);
        if row.text()? == id {
            return read(page, id, &names, row);
        }
    }
    None
}

fn read(page: &PageRow, id: &str, names: &[&str], mut row: Reader<'_>) -> Option<PredictionRow> {
    let at = i64::from_le_bytes(row.take(8)?.try_into().ok()?);
    let latency_us = i64::from_le_bytes(row.take(8)?.try_into().ok()?);
    let score = f64::from_le_bytes(row.take(8)?.try_into().ok()?);
    let label = row.text()?.to_owned();
    let fallback = row.text()?;
    let mut features = Map::with_capacity(names.len());
    for name in names {
        let value = match row.take(1)? {
            [DOUBLE] => Json::from(f64::from_le_bytes(row.take(8)?.try_into().ok()?)),
            [SINGLE] => Json::from(f64::from(f32::from_le_bytes(row.take(4)?.try_into().ok()?))),
            [TEXT | HASH] => Json::from(row.text()?),
            _ => Json::Null,
        };
        features.insert((*name).to_owned(), value);
    }
    let scores = row.number().and_then(|count| {
        let scores = (0..count).map(|_| Some(f64::from(f32::from_le_bytes(row.take(4)?.try_into().ok()?))));
        scores.collect::<Option<Vec<f64>>>()
    });
    Some(PredictionRow {
        scores: scores.map(|scores| Json::from(scores).to_string()),
        id: id.to_owned(),
        at,
        deployment: page.deployment.clone(),
        version: page.version,
        arm: page.arm.clone(),
        label,
        score: (!score.is_nan()).then_some(score),
        features: Json::Object(features).to_string(),
        latency_us,
        fallback: (!fallback.is_empty()).then(|| fallback.to_owned()),
        outcome: None,
        outcome_at: None,
    })
}

fn put(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend(number.to_le_bytes());
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    put(bytes, text.len() as u32);
    bytes.extend(text.as_bytes());
}

fn tagged(bytes: &mut Vec<u8>, tag: u8, words: &str) {
    bytes.push(tag);
    text(bytes, words);
}

fn value(bytes: &mut Vec<u8>, seen: &Seen<'_>) {
    match seen {
        Seen::Missing => bytes.push(MISSING),
        // Most numbers came as single precision, and lose nothing as such.
        Seen::Num(x) if f64::from(*x as f32) == *x => {
            bytes.push(SINGLE);
            bytes.extend((*x as f32).to_le_bytes());
        }
        Seen::Num(x) if x.is_finite() => {
            bytes.push(DOUBLE);
            bytes.extend(x.to_le_bytes());
        }
        Seen::Num(_) => bytes.push(MISSING),
        Seen::Text(words) => tagged(bytes, TEXT, words),
    }
}

struct Reader<'p>(&'p [u8]);

impl<'p> Reader<'p> {
    fn take(&mut self, n: usize) -> Option<&'p [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<&'p str> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }
}
