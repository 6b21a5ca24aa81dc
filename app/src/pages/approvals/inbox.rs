//! The inbox: what waits for the reader, what they asked for, what is done, what happens elsewhere.

use super::load::load_inbox;
use crate::components::prelude::*;
use contract::live::Topic;
use contract::urls;
use contract::views::inbox::{InboxLine, InboxView};
use contract::views::parts;

#[component]
pub fn InboxPage() -> impl IntoView {
    let tick = use_live(|topic| matches!(topic, Topic::Approval { .. } | Topic::Rollout { .. } | Topic::Alert { .. }));
    let res = Resource::new_blocking(move || tick.get(), |_| load_inbox());
    view! { <Loaded res let:view><Inbox view/></Loaded> }
}

#[component]
fn Inbox(view: InboxView) -> impl IntoView {
    let InboxView { title, sentence, waits, asked, done, happening } = view;
    let here = here();
    let show = Memo::new(move |_| here.get("show").unwrap_or_default());
    let state = if waits.is_empty() { State::Ok } else { State::Info };
    let counts = (waits.len() as u64, asked.len() as u64);
    let tabs = move || {
        let current = show.get();
        let tab = |label: &str, word: &str| {
            let href = if word.is_empty() { urls::INBOX.to_string() } else { format!("{}?show={word}", urls::INBOX) };
            Tab::new(label, href, current == word)
        };
        let tabs = vec![tab("Waits for me", "").count(counts.0), tab("I asked", "asked").count(counts.1), tab("Done", "done")];
        view! { <Tabs label="Filter" tabs/> }
    };
    let lists = move || {
        let (lines, nothing, hint, new) = match show.get().as_str() {
            "asked" => {
                (asked.clone(), "You have asked for nothing", "What you ask others to sign stands here, with where it is.", false)
            }
            "done" => (done.clone(), "Nothing is done yet", "What was decided stays here.", false),
            _ => (
                waits.clone(),
                "Nothing waits for you",
                "Signatures, answers and reviews that need you come here by themselves.",
                true,
            ),
        };
        if lines.is_empty() {
            view! { <Empty icon=Icon::Inbox title=nothing hint/> }.into_any()
        } else {
            groups(lines).into_iter().map(|(due, lines)| view! { <Group due lines new/> }).collect_view().into_any()
        }
    };
    view! {
        <Page title="Inbox" tools=|| view! { <Updated/> }>
            <Answer answer=parts::Answer::new(state, title, sentence)/>
            {tabs}
            <div class="split">
                <div>{lists}</div>
                <aside aria-label="Also happening">
                    <Section title="Not yours, but happening" id="happening"><Happening lines=happening/></Section>
                </aside>
            </div>
        </Page>
    }
}

/// Lines under the same heading together, in the order in which headings first come.
fn groups(lines: Vec<InboxLine>) -> Vec<(String, Vec<InboxLine>)> {
    let mut groups: Vec<(String, Vec<InboxLine>)> = Vec::new();
    for line in lines {
        match groups.iter_mut().find(|(due, _)| *due == line.due) {
            Some((_, group)) => group.push(line),
            None => groups.push((line.due.clone(), vec![line])),
        }
    }
    groups
}

#[component]
fn Group(due: String, lines: Vec<InboxLine>, new: bool) -> impl IntoView {
    let id = format!("due-{}", due.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    let title = if due.is_empty() { "All".to_string() } else { due };
    view! {
        <Section title id>
            <ul>
                {lines
                    .into_iter()
                    .map(|line| {
                        let icon = if new { Icon::Pen } else { Icon::from(line.state) };
                        let detail = if new { line.detail } else { format!("{}. {}", line.state_words, line.detail) };
                        let when = if line.until.is_empty() { line.at.ago } else { format!("asked {}, {}", line.at.ago, line.until) };
                        view! { <InboxRow href=line.href title=line.title detail when icon new/> }
                    })
                    .collect_view()}
            </ul>
        </Section>
    }
}

#[component]
fn Happening(lines: Vec<InboxLine>) -> impl IntoView {
    if lines.is_empty() {
        return view! { <p class="soft">"No rollout runs and no alert fires."</p> }.into_any();
    }
    view! {
        <ul class="log happening">
            {lines
                .into_iter()
                .map(|line| {
                    view! {
                        <li data-state=state_word(line.state)>
                            <Draw icon=line.state/>
                            <div><p><a href=line.href>{line.title}</a></p><p>{line.detail}</p></div>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Millis;
    use contract::views::common::When;

    #[test]
    fn lines_stand_under_their_heading() {
        let line = |due: &str, title: &str| InboxLine {
            due: due.into(),
            title: title.into(),
            detail: String::new(),
            state: State::Run,
            state_words: String::new(),
            at: When::new(Millis(0), Millis(0)),
            until: String::new(),
            href: String::new(),
        };
        let groups = groups(vec![line("Today", "a"), line("Later", "b"), line("Today", "c")]);
        let titles: Vec<(&str, usize)> = groups.iter().map(|(due, lines)| (due.as_str(), lines.len())).collect();
        assert_eq!(titles, [("Today", 2), ("Later", 1)]);
    }
}
