//! The numbers that frame the fleet page.

use crate::components::prelude::*;
use contract::views::fleet::FleetStats;

#[component]
pub fn Summary(stats: FleetStats, asked: Asked) -> impl IntoView {
    let total = stats.predictions;
    let share = move |n: u64| {
        if total == 0 {
            "–".to_string()
        } else {
            words::percent(n as f64 / total as f64, if n * 1_000 < total { 2 } else { 1 })
        }
    };
    let range = asked.words().to_lowercase();
    view! {
        <Stats label="All deployments">
            <Stat label=format!("Predictions, {range}") value=words::about(total) sub=format!("{} a second now", words::number(stats.per_second, 1))/>
            <Stat label="Failed" value=words::count(stats.failed) sub=format!("of {}", words::about(total))/>
            <Stat label="Answered by a fallback" value=share(stats.by_fallback) sub=format!("{} predictions", words::count(stats.by_fallback))/>
            <Stat label="Not recorded" value=words::count(stats.dropped) sub="answered, but the recording was full"/>
            <Stat label="Changes" value=words::count(stats.changes) sub=stats.changes_words/>
        </Stats>
    }
}
