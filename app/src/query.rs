//! The query of the address: every state of a page is a link.

use contract::urls::encode;
use leptos::prelude::*;
use leptos::reactive::diagnostics::SpecialNonReactiveZone;
use leptos_router::hooks::use_location;
use leptos_router::params::ParamsMap;

/// Where the reader is. Its functions are reactive inside `move ||`; what `Loaded` draws is drawn again when the query
/// changes, so that there they may be called as they are.
#[derive(Clone, Copy)]
pub struct Here {
    path: Memo<String>,
    query: Memo<ParamsMap>,
}

/// A memo that is computed now and not when it is first read.
///
/// On the server the parts of a page that wait are drawn by tasks of their own. Where two of them were the first to read the
/// same memo, one could find it emptied by the other and panic, and its page would never end. What is computed once before
/// they start is only read by them: on the server nothing changes while a page is drawn.
fn computed<T: Send + Sync + 'static>(memo: Memo<T>) -> Memo<T> {
    memo.with_untracked(|_| ());
    memo
}

/// Makes [`here`] known, once, inside the router.
pub fn provide_here() {
    let location = use_location();
    computed(location.search);
    computed(location.hash);
    let here = Here { path: computed(location.pathname), query: computed(location.query) };
    provide_context(here);
    #[cfg(feature = "hydrate")]
    kept::keep(here, leptos_router::hooks::use_navigate());
}

/// Where the reader is.
///
/// In the browser it does not go through the context: what is drawn from the address runs once more while its page is
/// being left, when the context that it would ask is already gone.
pub fn here() -> Here {
    #[cfg(feature = "hydrate")]
    if let Some(here) = kept::here() {
        return here;
    }
    use_context::<Here>().unwrap_or_else(|| {
        let location = use_location();
        Here { path: location.pathname, query: location.query }
    })
}

/// Goes to an address of this application, without scrolling.
#[cfg(feature = "hydrate")]
pub fn go(path: &str) {
    kept::go(path);
}

#[cfg(feature = "hydrate")]
mod kept {
    use super::Here;
    use leptos_router::NavigateOptions;
    use std::cell::RefCell;

    type Navigate = Box<dyn Fn(&str, NavigateOptions)>;

    thread_local! {
        static KEPT: RefCell<Option<(Here, Navigate)>> = const { RefCell::new(None) };
    }

    pub fn keep(here: Here, navigate: impl Fn(&str, NavigateOptions) + 'static) {
        KEPT.with(|kept| *kept.borrow_mut() = Some((here, Box::new(navigate))));
    }

    pub fn here() -> Option<Here> {
        KEPT.with(|kept| kept.borrow().as_ref().map(|(here, _)| *here))
    }

    pub fn go(path: &str) {
        KEPT.with(|kept| {
            if let Some((_, navigate)) = kept.borrow().as_ref() {
                navigate(path, NavigateOptions { scroll: false, ..Default::default() });
            }
        });
    }
}

impl Here {
    /// One value of the query; `None` if it is missing or empty.
    pub fn get(self, key: &str) -> Option<String> {
        let _quiet = SpecialNonReactiveZone::enter();
        self.query.with(|query| query.get(key)).filter(|value| !value.is_empty())
    }

    pub fn path(self) -> String {
        let _quiet = SpecialNonReactiveZone::enter();
        self.path.get()
    }

    /// What of the query decides what a page shows: all but which dialog is open and how a snippet is written.
    pub fn seen(self) -> Memo<String> {
        computed(Memo::new(move |_| {
            let pairs = self.query.get().into_iter().filter(|(key, _)| key != "dialog" && key != "how");
            join("", pairs.map(|(key, value)| (key.to_string(), value)), &[])
        }))
    }

    /// The current address with some values of its query replaced (`Some`) or removed (`None`).
    pub fn with(self, changes: &[(&str, Option<&str>)]) -> String {
        let _quiet = SpecialNonReactiveZone::enter();
        let pairs = self.query.get().into_iter().map(|(key, value)| (key.to_string(), value));
        join(&self.path.get(), pairs, changes)
    }
}

/// The rest of the address, hidden in a form with GET, so that a filter does not forget the range.
#[component]
pub fn KeepQuery(
    /// What the form itself says.
    except: Vec<&'static str>,
) -> impl IntoView {
    let here = here();
    move || {
        let pairs = here
            .query
            .get()
            .into_iter()
            .filter(|(key, _)| !except.contains(&key.as_ref()) && !key.starts_with("__") && key != "dialog");
        pairs.map(|(key, value)| view! { <input type="hidden" name=key.to_string() value=value/> }).collect_view()
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
    use super::{computed, join};
    use leptos::prelude::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_computed_memo_is_not_computed_by_its_readers() {
        let runs = Arc::new(AtomicUsize::new(0));
        let owner = Owner::new();
        owner.set();
        let memo = computed(Memo::new({
            let runs = runs.clone();
            move |_| runs.fetch_add(1, Ordering::SeqCst)
        }));
        assert_eq!(runs.load(Ordering::SeqCst), 1, "before anybody reads it");
        let read = |owner: Owner| std::thread::spawn(move || owner.with(|| memo.get_untracked()));
        let readers: Vec<_> = (0..8).map(|_| read(owner.clone())).collect();
        assert!(readers.into_iter().all(|reader| reader.join().is_ok_and(|value| value == 0)));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn changes_one_value_and_keeps_the_rest() {
        let pairs =
            || [("range".to_string(), "1h".to_string()), ("__err".into(), "x".into()), ("sort".into(), "a b".into())].into_iter();
        assert_eq!(join("/fleet", pairs(), &[("sort", Some("-p99"))]), "/fleet?range=1h&sort=-p99");
        assert_eq!(join("/fleet", pairs(), &[("range", None)]), "/fleet?sort=a%20b");
        assert_eq!(join("/fleet", std::iter::empty(), &[("dialog", None)]), "/fleet");
    }
}
