//! The results as Markdown: what the terminal shows is what the page keeps.

use std::fmt::Write;

use super::bars::bars;
use super::cells::{BUSY, Form, Load, Workload};
use super::contestants::Line;
use super::results::{Results, Spread};

/// Where the numbers come from.
pub struct Origin {
    /// Lines of `name: value`.
    pub facts: Vec<(&'static str, String)>,
}

pub fn page(results: &Results, origin: &Origin) -> String {
    let mut text = String::from("# Serving, side by side\n\n");
    text.push_str("Written by `cargo xtask bench serving --write`. Load generator and server share the machine's cores; every server is started by the\n");
    text.push_str("bench itself, one at a time, and all of them in each round, so that noise hits all alike. Numbers are medians of the rounds; brackets hold the\n");
    text.push_str("smallest and the largest. A ratio is taken within each round. *CPU* is the server's own processor time per answered request.\n\n");
    text.push_str("What a profile shows where a bar is not reached: [where a request's time goes](serving-profile.md).\n\n");
    for (name, value) in &origin.facts {
        writeln!(text, "- {name}: {value}").expect("a String takes all");
    }
    text.push_str("\n## Bars\n\n| asked | measured | |\n| --- | --- | --- |\n");
    for bar in bars(results) {
        let verdict = match bar.reached {
            Some(true) => "reached",
            Some(false) => "**not reached**",
            None => "–",
        };
        writeln!(text, "| {} | {} | {verdict} |", bar.asked, bar.measured).expect("a String takes all");
    }
    for workload in Workload::ALL {
        for form in [Form::Json, Form::Binary] {
            text.push_str(&table(results, workload, form));
        }
    }
    if !results.missing.is_empty() {
        text.push_str("\n## Without numbers\n\n");
        for (line, why) in &results.missing {
            writeln!(text, "- {}: {}", line.title(), why.replace('\n', " ")).expect("a String takes all");
        }
    }
    text
}

/// One workload in one form; empty if nothing of it was measured.
fn table(results: &Results, workload: Workload, form: Form) -> String {
    let loads = [Load::Closed(1), Load::Closed(BUSY), Load::Closed(1_000), Load::Poisson(50), Load::Poisson(90)];
    let measured = |line: Line, load: Load| !results.rounds(line, workload, form, load).is_empty();
    let loads: Vec<Load> = loads.into_iter().filter(|load| Line::ALL.iter().any(|line| measured(*line, *load))).collect();
    if loads.is_empty() {
        return String::new();
    }
    let mut text = format!("\n## {}: {}\n", workload.title(), form.word());
    if let Some(raw) = results.raw.get(&workload).and_then(|raw| super::results::spread(raw.iter().copied())) {
        write!(text, "\nONNX Runtime alone, one thread: {} runs a second.\n", range(raw)).expect("a String takes all");
    }
    for load in loads {
        let closed = matches!(load, Load::Closed(_));
        let busy = load == Load::Closed(BUSY);
        write!(text, "\n**{}**\n\n| server | a second |", load.title()).expect("a String takes all");
        text.push_str(if closed { " Slipway is |" } else { "" });
        text.push_str(" p50 ms | p99 ms |");
        text.push_str(if busy { " CPU µs | memory MiB |" } else { "" });
        text.push_str(" failed |\n| --- | ---: |");
        let columns = 3 + usize::from(closed) + 2 * usize::from(busy);
        text.push_str(&" ---: |".repeat(columns));
        text.push('\n');
        for line in Line::ALL {
            if measured(line, load) {
                text.push_str(&row(results, line, (workload, form, load), closed, busy));
            }
        }
    }
    text
}

fn row(results: &Results, line: Line, at: (Workload, Form, Load), closed: bool, busy: bool) -> String {
    let shown = |value: Option<Spread>, digits: usize| value.map_or_else(|| "–".to_owned(), |v| format!("{:.digits$}", v.median));
    let mut text = format!("| {} | {} |", line.title(), results.per_second(line, at).map_or_else(|| "–".to_owned(), range));
    if closed {
        let ratio = results.ratio(Line::Slipway, line, at).filter(|_| line != Line::Slipway);
        text.push_str(&ratio.map_or_else(|| " |".to_owned(), |r| format!(" {:.2} × |", r.median)));
    }
    write!(text, " {} | {} |", shown(results.of(line, at, |m| m.report.p50_ms), 2), shown(results.p99(line, at), 2))
        .expect("a String takes all");
    if busy {
        let (cpu, memory) = (results.of(line, at, |m| m.cpu_us), results.of(line, at, |m| m.memory as f64 / f64::from(1 << 20)));
        write!(text, " {} | {} |", shown(cpu, 1), shown(memory, 0)).expect("a String takes all");
    }
    let errors = results.errors(line, at);
    let errors: Vec<String> = errors.iter().map(|(what, n)| format!("{n} × {what}")).collect();
    let dropped: u64 = results.rounds(line, at.0, at.1, at.2).iter().map(|measured| measured.dropped).sum();
    let mut said = if errors.is_empty() { "0".to_owned() } else { errors.join(", ") };
    if dropped > 0 {
        write!(said, "; {dropped} records dropped").expect("a String takes all");
    }
    writeln!(text, " {said} |").expect("a String takes all");
    text
}

/// `12,345 (11,800 to 12,900)`; no bracket for a single round.
fn range(spread: Spread) -> String {
    let median = thousands(spread.median);
    if spread.min == spread.max { median } else { format!("{median} ({} to {})", thousands(spread.min), thousands(spread.max)) }
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (value, text) in [(0.0, "0"), (999.4, "999"), (1_000.0, "1,000"), (1_234_567.0, "1,234,567")] {
            assert_eq!(thousands(value), text);
        }
        assert_eq!(range(Spread { min: 900.0, median: 1_000.0, max: 1_100.0 }), "1,000 (900 to 1,100)");
        assert_eq!(range(Spread { min: 5.0, median: 5.0, max: 5.0 }), "5");
    }
}
