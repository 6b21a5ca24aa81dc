//! Which crate may name which library and which other crate. Read from the manifests: what is not declared cannot be used.

use super::Finding;
use super::source::Source;

/// Libraries with a floor of their own.
const OWNERS: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("object_store", &["store"]),
    ("ort", &["serving", "benches"]),
    ("ndarray", &["serving"]),
    ("axum", &["server", "app", "benches"]),
    ("hyper", &["server", "benches"]),
    ("hyper-util", &["server", "benches"]),
    ("tower", &["server"]),
    ("tower-http", &["server"]),
    ("tower-sessions", &["server", "app", "store"]),
    ("leptos", &["app", "frontend", "server"]),
    ("leptos_axum", &["app", "server"]),
    ("plotters", &["app"]),
    ("wasm-bindgen", &["app", "frontend"]),
    ("web-sys", &["app", "frontend"]),
];

/// Crates that stay small on purpose: everything they may depend on.
const WHOLE_LIST: &[(&str, &[&str])] = &[("contract", &["serde", "serde_json"]), ("stats", &["serde", "statrs"])];

/// Our crates and those of ours that each may name.
const FLOORS: &[(&str, &[&str])] = &[
    ("contract", &[]),
    ("stats", &[]),
    ("store", &["contract"]),
    ("serving", &["contract", "stats"]),
    ("control", &["contract", "stats", "store", "serving"]),
    ("app", &["contract", "control"]),
    ("frontend", &["app"]),
    ("server", &["app", "contract", "control", "serving", "store"]),
    ("xtask", &[]),
    ("benches", &["contract", "control", "serving", "store"]),
];

pub fn libraries(sources: &[Source]) -> Vec<Finding> {
    dependencies(sources)
        .filter_map(|dependency| {
            let Dependency { source, floor, name, line } = &dependency;
            if FLOORS.iter().any(|(ours, _)| ours == name) {
                return None;
            }
            if let Some((_, owners)) = OWNERS.iter().find(|(library, _)| library == name)
                && !owners.contains(floor)
            {
                return Some(Finding::new(&source.path, *line, format!("`{name}` belongs to {}", owners.join(", "))));
            }
            if let Some((_, all)) = WHOLE_LIST.iter().find(|(floor_name, _)| floor_name == floor)
                && !all.contains(name)
            {
                return Some(Finding::new(&source.path, *line, format!("`{floor}` may depend on {} only", all.join(", "))));
            }
            None
        })
        .collect()
}

pub fn floors(sources: &[Source]) -> Vec<Finding> {
    dependencies(sources)
        .filter_map(|Dependency { source, floor, name, line }| {
            FLOORS.iter().find(|(ours, _)| *ours == name)?;
            let allowed = FLOORS.iter().find(|(ours, _)| *ours == floor).map_or(&[][..], |(_, below)| below);
            (!allowed.contains(&name)).then(|| Finding::new(&source.path, line, format!("`{floor}` must not name `{name}`")))
        })
        .collect()
}

/// String literals that begin like a statement of SQL, outside `store`.
pub fn queries(sources: &[Source]) -> Vec<Finding> {
    let openings = ["\"select ", "\"insert into ", "\"update ", "\"delete from ", "\"create table "];
    let followed_by = [" from ", " values", " set ", " where ", " ("];
    let mut findings = Vec::new();
    let acting = |source: &&Source| source.kind() == "rs" && !matches!(source.floor(), "store" | "xtask") && !source.is_test();
    for source in sources.iter().filter(acting) {
        for (number, line) in source.lines() {
            let lower = line.to_lowercase();
            if openings.iter().any(|o| lower.contains(o)) && followed_by.iter().any(|f| lower.contains(f)) {
                findings.push(Finding::new(&source.path, number, "SQL outside `store`"));
            }
        }
    }
    findings
}

struct Dependency<'a> {
    source: &'a Source,
    floor: &'a str,
    name: &'a str,
    line: usize,
}

/// Every entry of every `[dependencies]` table; what only tests use is free.
fn dependencies(sources: &[Source]) -> impl Iterator<Item = Dependency<'_>> {
    sources.iter().filter(|source| source.path.ends_with("/Cargo.toml")).flat_map(|source| {
        let mut inside = false;
        source.lines().filter_map(move |(line, text)| {
            let text = text.trim();
            if text.starts_with('[') {
                inside = text == "[dependencies]";
                return None;
            }
            if !inside || text.is_empty() || text.starts_with('#') {
                return None;
            }
            let name = text.split(['=', '.', ' ']).next()?;
            Some(Dependency { source, floor: source.floor(), name, line })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(floor: &str, dependencies: &str) -> Vec<Source> {
        let text =
            format!("[package]\nname = \"{floor}\"\n\n[dependencies]\n{dependencies}\n\n[dev-dependencies]\nsqlx = \"1\"\n");
        vec![Source::new(&format!("crates/{floor}/Cargo.toml"), &text)]
    }

    #[test]
    fn a_library_stays_on_its_floor() {
        assert!(libraries(&manifest("store", "sqlx.workspace = true")).is_empty());
        let found = libraries(&manifest("control", "sqlx.workspace = true"));
        assert_eq!(found, [Finding::new("crates/control/Cargo.toml", 5, "`sqlx` belongs to store")]);
    }

    #[test]
    fn the_contract_stays_small() {
        assert!(libraries(&manifest("contract", "serde = { workspace = true }")).is_empty());
        assert_eq!(libraries(&manifest("contract", "tokio.workspace = true")).len(), 1);
    }

    #[test]
    fn arrows_point_down() {
        assert!(floors(&manifest("control", "store.workspace = true\nstats.workspace = true")).is_empty());
        assert_eq!(floors(&manifest("store", "control.workspace = true")).len(), 1);
        assert_eq!(floors(&manifest("stats", "contract.workspace = true")).len(), 1);
    }

    #[test]
    fn sql_is_found_and_prose_is_not() {
        let source = |text: &str| vec![Source::new("crates/control/src/a.rs", text)];
        assert_eq!(queries(&source("let q = \"SELECT id FROM model\";")).len(), 1);
        assert!(queries(&source("let t = \"Select a version\";")).is_empty());
    }
}
