//! The component set: pages are made of these and of nothing else. `/styleguide` shows each in all its states.

pub mod answer;
pub mod button;
pub mod defs;
pub mod dialog;
pub mod empty;
pub mod evidence;
pub mod field;
pub mod figure;
pub mod form;
pub mod icon;
pub mod inbox_row;
pub mod loaded;
pub mod log;
pub mod note;
pub mod page;
pub mod palette;
pub mod rail;
pub mod section;
pub mod small;
pub mod snippet;
pub mod stat;
pub mod state;
pub mod stepper;
pub mod table;
pub mod tabs;
pub mod tile;
pub mod time_range;
pub mod toast;

/// Everything a page needs: `use crate::components::prelude::*;`.
pub mod prelude {
    pub use super::answer::Answer;
    pub use super::button::{ButtonLink, LinkGroup, OffButton, Tone};
    pub use super::defs::{Def, Defs};
    pub use super::dialog::{ActDialog, Dialog, OpenDialog};
    pub use super::empty::{Empty, Skeleton};
    pub use super::evidence::Evidence;
    pub use super::field::{Choice, Field, FileField, SearchBox, Select, TextArea};
    pub use super::figure::{DataBehind, Download, Figure, Key, PairFigure, Plot};
    pub use super::form::{ActForm, Csrf, FormProblem, Hidden, Submit, me};
    pub use super::icon::{Draw, Icon, state_word};
    pub use super::inbox_row::InboxRow;
    pub use super::loaded::{Loaded, LoadedPart, SignedIn};
    pub use super::log::{Entry, Log, PinList};
    pub use super::note::{Note, ProblemNote};
    pub use super::page::{DocHead, Page};
    pub use super::section::Section;
    pub use super::small::{Bullet, Sparkline};
    pub use super::snippet::{CopyButton, Copyable, Snippets};
    pub use super::stat::{Stat, Stats};
    pub use super::state::{Badge, StateMark, Tag, VerdictBadge};
    pub use super::stepper::{Dots, Step, StepKind, Stepper};
    pub use super::table::{Cell, Col, DataTable, GroupRow, Name, Row, Sort, Table};
    pub use super::tabs::{Tab, Tabs};
    pub use super::tile::{Tile, Tiles};
    pub use super::time_range::{Asked, RangePicker, use_range};
    pub use super::toast::Toast;
    pub use crate::live::{Moment, Updated, use_live};
    pub use crate::page_error::{Outcome, PageError};
    pub use crate::query::here;
    pub use crate::words;
    pub use contract::verdict::State;
    pub use leptos::prelude::*;
}
