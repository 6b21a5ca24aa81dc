//! How numbers, units and names are written: thousands apart, a real minus, units as words.

use serde::{Deserialize, Serialize};

/// What a number counts. The value is always in the base unit named here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    #[default]
    Plain,
    /// A share from 0 to 1, written as a percentage.
    Share,
    /// A difference of two shares, written in percentage points.
    Points,
    Milliseconds,
    PerSecond,
    Count,
    Euro,
}

impl Unit {
    fn factor(self) -> f64 {
        if matches!(self, Unit::Share | Unit::Points) { 100.0 } else { 1.0 }
    }

    /// The number alone, as on an axis.
    pub fn bare(self, value: f64, decimals: usize) -> String {
        let number = number(value * self.factor(), decimals);
        match self {
            Unit::Share => format!("{number}%"),
            Unit::Euro => euro(&number),
            _ => number,
        }
    }

    /// The number as on an axis of differences: `+2.0`, `−1.5`, `0`.
    pub fn signed(self, value: f64, decimals: usize) -> String {
        let scaled = value * self.factor();
        if scaled.abs() < 0.5 * 10f64.powi(-(decimals as i32)) {
            return "0".into();
        }
        let sign = if scaled > 0.0 { "+" } else { "−" };
        let size = number(scaled.abs(), decimals);
        match self {
            Unit::Share => format!("{sign}{size}%"),
            Unit::Euro => format!("{sign}€{size}"),
            _ => format!("{sign}{size}"),
        }
    }

    /// The number with its unit, as in a sentence: `47 ms`, `12.4%`, `2.0 points`.
    pub fn said(self, value: f64, decimals: usize) -> String {
        let bare = self.bare(value, decimals);
        match self {
            Unit::Points => format!("{bare} points"),
            Unit::Milliseconds => format!("{bare} ms"),
            Unit::PerSecond => format!("{bare}/s"),
            _ => bare,
        }
    }

    /// Decimals that tell axis ticks of this unit apart.
    pub fn decimals(self, ticks: &[f64]) -> usize {
        let scaled: Vec<f64> = ticks.iter().map(|tick| tick * self.factor()).collect();
        crate::charts::ticks::decimals(&scaled)
    }
}

fn euro(number: &str) -> String {
    match number.strip_prefix('−') {
        Some(size) => format!("−€{size}"),
        None => format!("€{number}"),
    }
}

/// `2,140`, `−0.03`, `1,234.5`; `–` for what is not a number.
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(whole, fraction)| (whole, Some(fraction)));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(fraction) = fraction {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    let negative = value < 0.0 && grouped.chars().any(|c| ('1'..='9').contains(&c));
    if negative { format!("−{grouped}") } else { grouped }
}

/// `2,140`
pub fn count(n: u64) -> String {
    number(n as f64, 0)
}

/// `621`, `36 k`, `42.2 M`: a count where its size matters and its last digits do not.
pub fn about(n: u64) -> String {
    match n {
        0..10_000 => count(n),
        10_000..1_000_000 => format!("{} k", number(n as f64 / 1e3, 0)),
        1_000_000..1_000_000_000 => format!("{} M", number(n as f64 / 1e6, 1)),
        _ => format!("{} G", number(n as f64 / 1e9, 1)),
    }
}

/// `12.4%` of a share from 0 to 1.
pub fn percent(share: f64, decimals: usize) -> String {
    Unit::Share.bare(share, decimals)
}

/// `48 KB`, `1.2 MB`
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..1_000_000 => format!("{} KB", number(n as f64 / 1e3, 0)),
        1_000_000..1_000_000_000 => format!("{} MB", number(n as f64 / 1e6, 1)),
        _ => format!("{} GB", number(n as f64 / 1e9, 1)),
    }
}

/// `1 deployment`, `3 deployments`
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A long name cut in the middle: both ends tell names apart.
pub fn cut_middle(name: &str, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most || most < 3 {
        return name.to_string();
    }
    let head = (most - 1).div_ceil(2);
    let tail = most - 1 - head;
    letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - tail..]).collect()
}

/// The first characters of a hash, enough to compare by eye.
pub fn short_hash(hash: &str) -> String {
    match hash.char_indices().nth(12) {
        Some((end, _)) => format!("{}…", &hash[..end]),
        None => hash.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words() {
        for (is, should) in [
            (number(2140.0, 0), "2,140"),
            (number(-1234.56, 1), "−1,234.6"),
            (number(-0.001, 2), "0.00"),
            (number(f64::NAN, 2), "–"),
            (about(42_200_000), "42.2 M"),
            (about(36_000), "36 k"),
            (percent(0.124, 1), "12.4%"),
            (Unit::Points.signed(-0.023, 1), "−2.3"),
            (Unit::Points.said(0.02, 1), "2.0 points"),
            (Unit::Milliseconds.said(47.0, 0), "47 ms"),
            (Unit::Euro.signed(-0.003, 3), "−€0.003"),
            (cut_middle("standing_orders_redirected", 11), "stand…ected"),
            (short_hash("be67028b1793da26ffff"), "be67028b1793…"),
        ] {
            assert_eq!(is, should);
        }
    }
}
