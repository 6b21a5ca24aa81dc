//! Colours are named in `style/tokens.css` and nowhere else.

use super::Finding;
use super::source::Source;

const TOKENS: &str = "style/tokens.css";
/// Turns colours of the chart library into classes, which the tokens then colour: no colour reaches the page.
const MARKS: &str = "app/src/charts/mark.rs";
const FUNCTIONS: &[&str] = &["rgb(", "rgba(", "hsl(", "hsla(", "oklch(", "oklab(", "lab(", "lch(", "hwb("];

pub fn literals(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let style = source.kind() == "css" && source.path.starts_with("style/") && source.path != TOKENS;
        let page = source.kind() == "rs" && source.floor() == "app" && source.path != MARKS && !source.is_test();
        if !style && !page {
            continue;
        }
        for (number, line) in source.lines() {
            let found = if style { in_style(line) } else { in_page(line) };
            if let Some(colour) = found {
                findings.push(Finding::new(&source.path, number, format!("`{colour}`: name it in {TOKENS}")));
            }
        }
    }
    findings
}

/// In a declaration's value: `color: #fff`, `rgb(0 0 0 / 50%)`.
fn in_style(line: &str) -> Option<String> {
    let value = line.split_once(':').map_or(line, |(_, value)| value);
    hex(value, |before| !before.ends_with("url(") && !before.ends_with('"')).or_else(|| function(value))
}

/// In a string of a page or chart: `"#1a2b3c"`, `"rgb(…)"`, and the chart library's own colour types.
fn in_page(line: &str) -> Option<String> {
    if line.contains("RGBColor(") {
        return Some("RGBColor".to_owned());
    }
    let quoted = line.split('"').skip(1).step_by(2);
    quoted
        .filter(|text| !text.contains("href"))
        .find_map(|text| hex(text, |before| before.is_empty() || before.ends_with([' ', ':'])).or_else(|| function(text)))
}

fn hex(text: &str, may_start: impl Fn(&str) -> bool) -> Option<String> {
    text.match_indices('#').find_map(|(at, _)| {
        let digits: String = text[at + 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
        let colour = matches!(digits.len(), 3 | 4 | 6 | 8) && digits.chars().all(|c| c.is_ascii_hexdigit());
        (colour && may_start(&text[..at])).then(|| format!("#{digits}"))
    })
}

fn function(text: &str) -> Option<String> {
    FUNCTIONS.iter().find_map(|name| {
        let at = text.find(name)?;
        let apart = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
        // `rgb(from var(--accent) …)` derives a colour from a token.
        let derived = text[at + name.len()..].trim_start().starts_with("from var(");
        (apart && !derived).then(|| name.trim_end_matches('(').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_sheets_use_tokens() {
        for (line, found) in [
            ("  color: #fff;", true),
            ("  border: 1px solid rgb(0 0 0 / 10%);", true),
            ("  color: var(--ink);", false),
            ("  background: color-mix(in oklab, var(--a) 10%, var(--b));", false),
            ("#main { margin: 0 }", false),
        ] {
            assert_eq!(in_style(line).is_some(), found, "{line}");
        }
    }

    #[test]
    fn pages_name_no_colour() {
        for (line, found) in [
            (r##"style=("fill", "#0a0b0c")"##, true),
            (r##"<a href="#main">"##, false),
            (r#"class="badge badge-ok""#, false),
            ("let c = RGBColor(1, 2, 3);", true),
        ] {
            assert_eq!(in_page(line).is_some(), found, "{line}");
        }
    }

    #[test]
    fn the_tokens_are_the_place() {
        let line = "--ink: #111;";
        assert!(literals(&[Source::new(TOKENS, line)]).is_empty());
        assert_eq!(literals(&[Source::new("style/badge.css", line)]).len(), 1);
    }
}
