//! Numbers as people write them in sentences.

/// Three significant digits, thousands with commas, no trailing zeros: `2,640`, `0.15`, `1,234,567`.
pub fn number(x: f64) -> String {
    if !x.is_finite() {
        return "not a number".into();
    }
    if x == 0.0 {
        return "0".into();
    }
    let magnitude = x.abs().log10().floor() as i32;
    if magnitude >= 3 {
        return grouped(x.round());
    }
    let decimals = usize::try_from((2 - magnitude).clamp(0, 8)).unwrap_or(0);
    let text = format!("{x:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn grouped(x: f64) -> String {
    let digits = format!("{:.0}", x.abs());
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if x < 0.0 { format!("−{out}") } else { out }
}

/// `12,345`
pub fn count(n: u64) -> String {
    grouped(n as f64)
}

/// `1 request`, `2,140 requests`.
pub fn counted(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", count(n)) }
}

/// A share as a percentage with one decimal: `12.4%`; two where it is small, so that it does not look like nothing.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent != 0.0 && percent.abs() < 1.0 { format!("{percent:.2}%") } else { format!("{percent:.1}%") }
}

/// A difference of shares in percentage points: `2.9`.
pub fn points(difference: f64) -> String {
    let points = (difference * 100.0).abs();
    if points < 0.1 && points > 0.0 { format!("{points:.2}") } else { format!("{points:.1}") }
}

/// Milliseconds: `47 ms`, `0.8 ms`.
pub fn ms(x: f64) -> String {
    if x < 10.0 { format!("{x:.1} ms") } else { format!("{} ms", grouped(x.round())) }
}

/// Milliseconds to two digits where they are few: `0.21 ms`, `0.034 ms`, `1.3 ms`, `47 ms`.
pub fn fine_ms(x: f64) -> String {
    match x {
        _ if x >= 1.0 || x <= 0.0 => ms(x),
        _ if x >= 0.0995 => format!("{x:.2} ms"),
        _ => format!("{x:.3} ms"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// How rare something is when nothing has changed: `once in 4,000 looks`.
pub fn rarity(p: f64) -> String {
    let looks = 1.0 / p.max(1e-300);
    match looks {
        _ if looks >= 1e9 => "less than once in a billion looks".into(),
        _ if looks >= 1e6 => format!("once in {} million looks", number((looks / 1e5).round() / 10.0)),
        _ => format!("once in {} looks", number(looks)),
    }
}

/// The first letter as a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// With its sign: `+3.5`, `−0.2`, and `0.0` for what rounds to nothing.
pub fn signed(x: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", x.abs());
    match x {
        _ if text.bytes().all(|b| matches!(b, b'0' | b'.')) => text,
        x if x < 0.0 => format!("−{text}"),
        _ => format!("+{text}"),
    }
}

/// The bound of a range: whole numbers without a point, others with up to four decimals.
pub fn bound(x: f64) -> String {
    let sign = if x < 0.0 { "−" } else { "" };
    let size = x.abs();
    if size.fract() == 0.0 && size < 1e15 {
        return format!("{sign}{}", count(size as u64));
    }
    let decimals = match size {
        s if s >= 100.0 => 1,
        s if s >= 1.0 => 2,
        _ => 4,
    };
    format!("{sign}{}", format!("{size:.decimals$}").trim_end_matches('0').trim_end_matches('.'))
}

/// `4.2 MB`, in powers of ten as file managers show it.
pub fn bytes(n: u64) -> String {
    match n {
        n if n < 1_000 => format!("{n} bytes"),
        n if n < 1_000_000 => format!("{:.1} KB", n as f64 / 1e3),
        n if n < 1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        n => format!("{:.1} GB", n as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_write_them() {
        for (x, words) in [
            (2640.4, "2,640"),
            (0.15, "0.15"),
            (1_234_567.0, "1,234,567"),
            (0.0, "0"),
            (12.0, "12"),
            (-2640.0, "−2,640"),
            (0.0001234, "0.000123"),
        ] {
            assert_eq!(number(x), words);
        }
        assert_eq!(percent(0.1243), "12.4%");
        assert_eq!(percent(0.0009), "0.09%");
        assert_eq!(counted(1, "request"), "1 request");
        assert_eq!(counted(2140, "request"), "2,140 requests");
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(rarity(0.00025), "once in 4,000 looks");
        assert_eq!(rarity(1.0 / 94_307_376.0), "once in 94.3 million looks");
        assert_eq!(rarity(0.0), "less than once in a billion looks");
        assert_eq!(ms(0.84), "0.8 ms");
        assert_eq!(capital("share of yes"), "Share of yes");
        assert_eq!((signed(3.54, 1), signed(-0.2, 1), signed(-0.01, 1)), ("+3.5".into(), "−0.2".into(), "0.0".into()));
        assert_eq!((bound(60_000.0), bound(-0.25), bound(12.504)), ("60,000".into(), "−0.25".into(), "12.5".into()));
        assert_eq!(bytes(4_200_000), "4.2 MB");
    }
}
