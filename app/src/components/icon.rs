//! The icon set: one stroke of 1.5 on a grid of 20. State icons differ in outline, so they hold without colour.

use contract::verdict::State;
use leptos::prelude::*;

macro_rules! icons {
    ($($name:ident $shape:literal)*) => {
        /// A shape of the set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Icon { $($name),* }

        impl Icon {
            pub const ALL: &[Icon] = &[$(Icon::$name),*];

            fn shape(self) -> &'static str {
                match self { $(Icon::$name => $shape),* }
            }

            pub fn name(self) -> &'static str {
                match self { $(Icon::$name => stringify!($name)),* }
            }
        }
    };
}

icons! {
    Ok "<circle cx='10' cy='10' r='7.25'/><path d='m6.8 10.3 2.2 2.2 4.3-4.8'/>"
    Watch "<path d='M10 2.9 17.9 16.6H2.1z'/><path d='M10 8v4M10 14.2v.1'/>"
    Bad "<path d='M7 2.75h6L17.25 7v6L13 17.25H7L2.75 13V7z'/><path d='m7.5 7.5 5 5m0-5-5 5'/>"
    Unknown "<circle cx='10' cy='10' r='7.25' stroke-dasharray='3.6 2.1'/><path d='M8 8.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.4M10 13.7v.1'/>"
    Info "<circle cx='10' cy='10' r='7.25'/><path d='M10 9.2V14M10 6.2v.1'/>"
    Run "<circle cx='10' cy='10' r='7.25' stroke-opacity='.35'/><path d='M10 2.75A7.25 7.25 0 0 1 17.25 10'/>"
    Todo "<circle cx='10' cy='10' r='7.25'/>"
    Now "<circle cx='10' cy='10' r='7.25'/><circle cx='10' cy='10' r='3' class='full'/>"
    Done "<circle cx='10' cy='10' r='7.25' class='full'/><path d='m6.8 10.3 2.2 2.2 4.3-4.8' class='on'/>"
    Logo "<path d='M2 16.5h16'/><path d='M4 13.2 16.4 7.6'/><path d='M6.2 9.3 13.6 5.9l2.2-2.6-10.4 3z'/>"
    Inbox "<path d='M3 11.5 5.2 4h9.6L17 11.5v4.75H3z'/><path d='M3 11.5h4l1 2h4l1-2h4'/>"
    Fleet "<path d='M3 5h14M3 10h14M3 15h14'/><path d='M6 3.5v3M12.5 8.5v3M8.5 13.5v3'/>"
    Models "<path d='M10 2.5 16.5 6v8L10 17.5 3.5 14V6z'/><path d='M3.5 6 10 9.6 16.5 6M10 9.6v7.9'/>"
    Releases "<path d='M2.5 16.5H7v-4h4.5v-4H16v-5'/><path d='m13.5 5.8 2.5-2.6 2.5 2.6'/>"
    Data "<ellipse cx='10' cy='5' rx='6.5' ry='2.5'/><path d='M3.5 5v10c0 1.4 2.9 2.5 6.5 2.5s6.5-1.1 6.5-2.5V5M3.5 10c0 1.4 2.9 2.5 6.5 2.5s6.5-1.1 6.5-2.5'/>"
    Incidents "<path d='M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13z'/><path d='M8.3 17.5h3.4'/>"
    Audit "<path d='M5 2.75h10v14.5H5z'/><path d='M7.75 6.5h4.5M7.75 9.5h4.5M7.75 12.5h2.5'/>"
    Settings "<path d='M3 6h8M15 6h2M3 14h2M9 14h8'/><circle cx='13' cy='6' r='2'/><circle cx='7' cy='14' r='2'/>"
    Search "<circle cx='9' cy='9' r='5.5'/><path d='m13.2 13.2 4 4'/>"
    Right "<path d='m7.5 4.5 5.5 5.5-5.5 5.5'/>"
    Down "<path d='m4.5 7.5 5.5 5.5 5.5-5.5'/>"
    Up "<path d='m4.5 12.5 5.5-5.5 5.5 5.5'/>"
    Arrow "<path d='M3.5 10h13m-4.5-4.5 4.5 4.5-4.5 4.5'/>"
    Copy "<path d='M7 7h9.5v9.5H7z'/><path d='M13 7V3.5H3.5V13H7'/>"
    Check "<path d='m4 10.5 4 4 8-9'/>"
    Cross "<path d='m5 5 10 10M15 5 5 15'/>"
    Theme "<circle cx='10' cy='10' r='6.5'/><path d='M10 3.5v13a6.5 6.5 0 0 0 0-13z' class='full'/>"
    Clock "<circle cx='10' cy='10' r='7.25'/><path d='M10 5.5V10l3 2'/>"
    User "<circle cx='10' cy='7' r='3.25'/><path d='M3.5 17c.8-3.2 3.3-4.5 6.5-4.5s5.7 1.3 6.5 4.5'/>"
    Chain "<path d='M8.3 11.7a3 3 0 0 0 4.2 0l3-3a3 3 0 0 0-4.2-4.2l-1 1'/><path d='M11.7 8.3a3 3 0 0 0-4.2 0l-3 3a3 3 0 0 0 4.2 4.2l1-1'/>"
    Download "<path d='M10 3v9.5m-4-4 4 4 4-4M3.5 16.5h13'/>"
    Print "<path d='M5.5 7.5V3h9v4.5M5.5 14H3V7.5h14V14h-2.5'/><path d='M5.5 11.5h9V17h-9z'/>"
    Pause "<path d='M7 4.5v11M13 4.5v11'/>"
    Play "<path d='M6 4v12l10-6z'/>"
    Advance "<path d='M4 4.5v11l8-5.5zM15.5 4.5v11'/>"
    Undo "<path d='M6.5 3.5 3 7l3.5 3.5'/><path d='M3 7h8.5a5 5 0 0 1 0 10H7'/>"
    Stop "<path d='M4.5 4.5h11v11h-11z'/>"
    Lock "<path d='M4.5 9h11v8h-11z'/><path d='M7 9V6a3 3 0 0 1 6 0v3'/>"
    Key "<circle cx='6.5' cy='13.5' r='3.25'/><path d='m9 11 7-7m-3 3 2.5 2.5'/>"
    Calendar "<path d='M3.5 5h13v11.5h-13zM3.5 9h13M7 3v3.5M13 3v3.5'/>"
    Comment "<path d='M3 4h14v9.5H9.5L6 17v-3.5H3z'/>"
    Flag "<path d='M5 17.5V3h10.5l-2.5 4 2.5 4H5'/>"
    Commit "<circle cx='10' cy='10' r='3.25'/><path d='M2.5 10h4.25M13.25 10h4.25'/>"
    Deploy "<path d='M10 16.5v-11m-4.5 4.5L10 5.5l4.5 4.5M3.5 3h13'/>"
    Plus "<path d='M10 4v12M4 10h12'/>"
    Filter "<path d='M3 5h14M6 10h8M8.5 15h3'/>"
    Sort "<path d='M7 4v12m-3-3 3 3 3-3M13 16V4m-3 3 3-3 3 3'/>"
    Dots "<path d='M4.5 10h.1M10 10h.1M15.5 10h.1' stroke-width='2.5'/>"
    Retry "<path d='M16.5 10a6.5 6.5 0 1 1-2-4.7'/><path d='M16.5 2.5v3.8h-3.8'/>"
    Pen "<path d='m12.5 4.5 3 3-8.7 8.7-3.8.8.8-3.8z'/>"
    Doc "<path d='M5 2.75h6.5L15 6.25v11H5z'/><path d='M11.5 2.75v3.5H15'/>"
    Menu "<path d='M3 5h14M3 10h14M3 15h14'/>"
    Upload "<path d='M10 13V3.5m-4 4 4-4 4 4M3.5 16.5h13'/>"
    Mail "<path d='M3 5h14v10H3z'/><path d='m3 6 7 5 7-5'/>"
}

impl From<State> for Icon {
    fn from(state: State) -> Icon {
        match state {
            State::Ok => Icon::Ok,
            State::Watch => Icon::Watch,
            State::Bad => Icon::Bad,
            State::Unknown => Icon::Unknown,
            State::Info => Icon::Info,
            State::Run => Icon::Run,
        }
    }
}

/// The word of a state in `data-state`.
pub fn state_word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Watch => "watch",
        State::Bad => "bad",
        State::Unknown => "unknown",
        State::Info => "info",
        State::Run => "run",
    }
}

/// Draws an icon; it is always hidden from readers, the word beside it says the same.
#[component]
pub fn Draw(
    #[prop(into)] icon: Icon,
    /// 20 pixels instead of 16.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    view! { <svg class=if large { "i i-20" } else { "i" } viewBox="0 0 20 20" aria-hidden="true" inner_html=icon.shape()></svg> }
}
