//! Rooms of `control` (one folder or file each) may use each other, but what acts in them never in a circle.
//!
//! What only composes a page out of several rooms (a file or folder named after a view) may look at all of them, and so
//! may tests.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::source::Source;

const HOUSE: &str = "crates/control/src/";

/// Files that only read, to show: their names inside a room.
const VIEWS: &[&str] = &["view", "views", "page", "fleet", "head", "happening", "summary"];

/// Arrows that close a circle and are left as they are, each with its reason. An entry that is no longer needed is reported.
const TOLERATED: &[(&str, &str, &str)] = &[
    ("rollouts", "alerts", "a verdict raises its alert in the transaction that rolls back"),
    ("deployments", "rollouts", "a deployment is loaded together with the rollout that splits its traffic"),
    ("deployments", "monitoring", "the fleet is asked for by the name of its room"),
    ("explain", "jobs", "jobs know their kinds, and a kind drains its own queue"),
    ("monitoring", "outcomes", "outcomes that waited for their prediction are joined when it is written"),
    ("outcomes", "gates", "production is compared with the last gate run"),
];

type Uses = BTreeMap<String, BTreeMap<String, (String, usize)>>;

pub fn one_way(sources: &[Source]) -> Vec<Finding> {
    let mut uses = uses(sources);
    let mut findings = Vec::new();
    for (from, to, _) in TOLERATED {
        let known = uses.get_mut(*from).is_some_and(|named| named.remove(*to).is_some());
        if !known && sources.iter().any(|source| source.path.starts_with(&format!("{HOUSE}{from}"))) {
            findings.push(Finding::new(
                HOUSE,
                0,
                format!("`{from}` no longer names `{to}`: take it off the list of tolerated arrows"),
            ));
        }
    }
    let mut reported = BTreeSet::new();
    for start in uses.keys() {
        if let Some(circle) = circle_from(&uses, start) {
            let members: BTreeSet<String> = circle.iter().cloned().collect();
            if reported.insert(members)
                && let Some((file, line)) = uses.get(&circle[0]).and_then(|to| to.get(&circle[1]))
            {
                findings.push(Finding::new(file, *line, format!("rooms in a circle: {}", circle.join(" → "))));
            }
        }
    }
    findings
}

/// Which room names which other, with the first place where it does.
fn uses(sources: &[Source]) -> Uses {
    let inside: Vec<(&Source, String)> = sources.iter().filter_map(|source| Some((source, room_of(source)?))).collect();
    let rooms: BTreeSet<&str> = inside.iter().map(|(_, room)| room.as_str()).collect();
    let mut uses = Uses::new();
    for (source, room) in &inside {
        let acting = source.lines().take_while(|(_, line)| !line.contains("#[cfg(test)]"));
        for (number, line) in acting.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for named in line.split("crate::").skip(1) {
                for other in first_names(named) {
                    if other != room && rooms.contains(other) {
                        let place = (source.path.clone(), number);
                        uses.entry(room.clone()).or_default().entry(other.to_owned()).or_insert(place);
                    }
                }
            }
        }
    }
    uses
}

/// `audit` for `crate::audit::append` and also `audit`, `gates` for `crate::{audit, gates::run}`.
fn first_names(after: &str) -> Vec<&str> {
    let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    match after.strip_prefix('{') {
        None => vec![&after[..word(after)]],
        Some(list) => {
            let mut depth = 0;
            let mut names = Vec::new();
            let mut fresh = true;
            for (at, letter) in list.char_indices() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => fresh = true,
                    c if fresh && (c.is_alphabetic() || c == '_') => {
                        names.push(&list[at..at + word(&list[at..])]);
                        fresh = false;
                    }
                    _ => {}
                }
            }
            names
        }
    }
}

/// A folder is a room, a single file is one too; `lib.rs` and what serves all rooms (`ctx.rs`, `problem.rs`) are not.
fn room_of(source: &Source) -> Option<String> {
    const FOR_ALL: &[&str] = &["lib", "ctx", "problem", "testing", "testbed", "words", "blocking"];
    let inside = source.path.strip_prefix(HOUSE)?.trim_end_matches(".rs");
    let (room, rest) = inside.split_once('/').unwrap_or((inside, ""));
    let shown = rest.split('/').any(|part| VIEWS.contains(&part));
    let tests = rest.split('/').any(|part| part == "tests" || part.ends_with("_tests"));
    (!FOR_ALL.contains(&room) && !shown && !tests).then(|| room.to_owned())
}

fn circle_from(uses: &Uses, start: &str) -> Option<Vec<String>> {
    let mut path = vec![start.to_owned()];
    let mut seen = BTreeSet::new();
    walk(uses, start, &mut path, &mut seen).then_some(path)
}

fn walk(uses: &Uses, start: &str, path: &mut Vec<String>, seen: &mut BTreeSet<String>) -> bool {
    let here = path.last().cloned().unwrap_or_default();
    for next in uses.get(&here).into_iter().flat_map(BTreeMap::keys) {
        if next == start {
            path.push(next.clone());
            return true;
        }
        if seen.insert(next.clone()) {
            path.push(next.clone());
            if walk(uses, start, path, seen) {
                return true;
            }
            path.pop();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(files: &[(&str, &str)]) -> Vec<Source> {
        files.iter().map(|(name, text)| Source::new(&format!("{HOUSE}{name}"), text)).collect()
    }

    #[test]
    fn one_way_is_fine_and_a_circle_is_named() {
        let straight = [("gates/run.rs", "use crate::registry::Version;"), ("registry/mod.rs", "use crate::ctx::Ctx;")];
        assert!(one_way(&house(&straight)).is_empty());
        let round = [
            ("gates/run.rs", "use crate::registry::Version;"),
            ("registry/mod.rs", "fn f() { crate::audit::append() }"),
            ("audit.rs", "use crate::{ctx::Ctx, gates::run};"),
        ];
        let found = one_way(&house(&round));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].what, "rooms in a circle: audit → gates → registry → audit");
    }

    #[test]
    fn what_shows_and_what_tests_may_look_everywhere() {
        let files = [
            ("gates/run.rs", "use crate::audit::a;"),
            ("audit/views/page.rs", "use crate::gates::run;"),
            ("audit/tests.rs", "use crate::gates::run;"),
            ("audit/mod.rs", "//! The log.\n#[cfg(test)]\nmod t { use crate::gates; }"),
        ];
        assert!(one_way(&house(&files)).is_empty());
    }

    #[test]
    fn a_comment_is_no_dependency() {
        let files = [("gates.rs", "use crate::audit::a;"), ("audit.rs", "// see crate::gates")];
        assert!(one_way(&house(&files)).is_empty());
    }

    #[test]
    fn names_in_a_list() {
        assert_eq!(first_names("{audit, gates::{run, x}, ctx::Ctx};"), ["audit", "gates", "ctx"]);
        assert_eq!(first_names("audit::append(tx)"), ["audit"]);
    }
}
