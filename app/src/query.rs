//! The query of the address: every state of a page is a link.

use contract::urls::encode;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::params::ParamsMap;

/// Where the reader is. Its functions are reactive: call them inside `move ||`.
#[derive(Clone, Copy)]
pub struct Here {
    path: Memo<String>,
    query: Memo<ParamsMap>,
}

pub fn here() -> Here {
    let location = use_location();
    Here { path: location.pathname, query: location.query }
}

impl Here {
    /// One value of the query; `None` if it is missing or empty.
    pub fn get(self, key: &str) -> Option<String> {
        self.query.with(|query| query.get(key)).filter(|value| !value.is_empty())
    }

    pub fn path(self) -> String {
        self.path.get()
    }

    /// The current address with some values of its query replaced (`Some`) or removed (`None`).
    pub fn with(self, changes: &[(&str, Option<&str>)]) -> String {
        let pairs = self.query.get().into_iter().map(|(key, value)| (key.to_string(), value));
        join(&self.path.get(), pairs, changes)
    }
}

fn join(path: &str, pairs: impl Iterator<Item = (String, String)>, changes: &[(&str, Option<&str>)]) -> String {
    // What a failed form leaves in the address belongs to that one answer.
    let kept = pairs.filter(|(key, _)| !key.starts_with("__") && !changes.iter().any(|(changed, _)| changed == key));
    let new = changes.iter().filter_map(|(key, value)| value.map(|value| (key.to_string(), value.to_string())));
    let query: Vec<String> = kept.chain(new).map(|(key, value)| format!("{}={}", encode(&key), encode(&value))).collect();
    if query.is_empty() { path.to_string() } else { format!("{path}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn changes_one_value_and_keeps_the_rest() {
        let pairs = || [("range".to_string(), "1h".to_string()), ("__err".into(), "x".into()), ("sort".into(), "a b".into())].into_iter();
        assert_eq!(join("/fleet", pairs(), &[("sort", Some("-p99"))]), "/fleet?range=1h&sort=-p99");
        assert_eq!(join("/fleet", pairs(), &[("range", None)]), "/fleet?sort=a%20b");
        assert_eq!(join("/fleet", std::iter::empty(), &[("dialog", None)]), "/fleet");
    }
}
