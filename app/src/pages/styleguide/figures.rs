//! Figures and tiles: each chart once, drawn from made-up series that are the same every day.

use super::documents::NOON;
use crate::charts::mark::Mark;
use crate::charts::*;
use crate::components::prelude::*;
use crate::words::Unit;
use contract::Millis;
use contract::time::{DAY, HOUR, MINUTE};
use contract::views::common::Table;

/// A number between −1 and 1 that looks irregular and is the same every day (SplitMix64).
fn noise(i: u64) -> f64 {
    let mut x = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

fn over_time(steps: i64, step: i64, value: impl Fn(u64) -> f64) -> Vec<(Millis, Option<f64>)> {
    (0..steps).map(|i| (NOON + i * step, Some(value(i as u64)))).collect()
}

fn latency() -> TimeSeries {
    let p99 = over_time(150, MINUTE, |i| if i < 65 { 25.0 + 2.5 * noise(i) } else { 46.0 + 3.0 * noise(i) });
    let p50 = over_time(150, MINUTE, |i| 11.0 + noise(i + 900));
    TimeSeries {
        about: "p99 and p50 latency by minute".into(),
        reading: "p99 about 25 ms until 13:05, then 46 ms, above the limit of 40 ms. p50 stays at 11 ms.".into(),
        from: NOON,
        to: NOON + 150 * MINUTE,
        unit: Unit::Milliseconds,
        lines: vec![
            Line { label: "p99".into(), mark: Mark::Subject, points: p99 },
            Line { label: "p50".into(), mark: Mark::Reference, points: p50 },
        ],
        limit: Some(Limit { value: 40.0, label: "limit 40 ms".into(), worse: Worse::Higher }),
        events: vec![
            ChartEvent { at: NOON + 52 * MINUTE, label: "cache off".into(), alert: false },
            ChartEvent { at: NOON + 65 * MINUTE, label: "p99 above its limit".into(), alert: true },
        ],
        from_zero: true,
        ..TimeSeries::default()
    }
}

fn six() -> TimeSeries {
    let lines = ["one", "two", "three", "four", "five", "six"].into_iter().enumerate().map(|(n, label)| Line {
        label: label.into(),
        mark: Mark::series(n),
        points: over_time(12, DAY, |i| 0.26 - 0.03 * n as f64 + 0.02 * noise(i + 40 * n as u64)),
    });
    TimeSeries {
        about: "Six series".into(),
        reading: "Six lines in the six series colours, each with its own dash pattern and its name at its end.".into(),
        from: NOON,
        to: NOON + 11 * DAY,
        lines: lines.collect(),
        ..TimeSeries::default()
    }
}

fn drift() -> Heat {
    let columns: Vec<Millis> = (0..30).map(|i| NOON.floor_to(DAY) + i * DAY).collect();
    let names =
        ["income_monthly_eur", "salary_in_days_since", "card_txn_count_30d", "standing_orders_redirected_share_90d", "age_years"];
    let rows = names.into_iter().enumerate().map(|(r, name)| {
        let cell = |c: u64| match (r, c) {
            (0, 24) => Some(0.23),
            (3, 0 | 1) => None,
            _ => Some(0.05 + 0.01 * (4 - r) as f64 + 0.03 * noise(c + 100 * r as u64)),
        };
        HeatRow { label: name.into(), cells: (0..30).map(cell).collect() }
    });
    Heat {
        about: "Distance from the training data, by feature and day".into(),
        reading: "Only income_monthly_eur crossed 0.15, once, at 0.23.".into(),
        rows: rows.collect(),
        events: vec![ChartEvent { at: columns[24], label: "import changed".into(), alert: false }],
        columns,
        limit: 0.15,
    }
}

fn income() -> Histogram {
    let edges = (0..=10).map(|i| f64::from(i) * 500.0).chain([f64::INFINITY]).collect();
    let reference = vec![0.02, 0.05, 0.09, 0.13, 0.16, 0.15, 0.12, 0.09, 0.07, 0.05, 0.07];
    let current = vec![0.03, 0.09, 0.17, 0.20, 0.17, 0.12, 0.08, 0.05, 0.04, 0.02, 0.03];
    Histogram {
        about: "Monthly income".into(),
        reading: "Median €2,640 in training, €1,910 now.".into(),
        unit: Unit::Euro,
        edges,
        reference,
        current,
        reference_median: Some(2_640.0),
        current_median: Some(1_910.0),
    }
}

fn weights() -> Bars {
    let bars = [
        ("tenure_months", 0.31, 0.28),
        ("logins_app_30d", 0.22, 0.24),
        ("salary_in_days_since", 0.12, 0.11),
        ("age_years", 0.05, 0.07),
    ];
    Bars {
        about: "Weight of each input".into(),
        reading: "tenure_months weighs most, 31%.".into(),
        unit: Unit::Share,
        decimals: 0,
        names: true,
        bars: bars
            .into_iter()
            .map(|(label, value, reference)| Bar { label: label.into(), value, reference: Some(reference), over: false })
            .collect(),
        ..Bars::default()
    }
}

fn reasons() -> Bars {
    let bars = [("Salary stopped 41 days ago", 0.21), ("Logs in twice a month", 0.09), ("Customer for 14 years", -0.12)];
    Bars {
        about: "What moved this decision".into(),
        reading: "The missing salary raised the score most; the long time as a customer lowered it.".into(),
        unit: Unit::Points,
        decimals: 0,
        signed: true,
        bars: bars.into_iter().map(|(label, value)| Bar { label: label.into(), value, ..Bar::default() }).collect(),
        ..Bars::default()
    }
}

fn groups() -> Whiskers {
    let rows = [
        ("under 25", 0.412, 0.06, 0.43, "n 312"),
        ("25 to 44", 0.601, 0.03, 0.55, "n 2,140"),
        ("45 to 64", 0.588, 0.03, 0.54, "n 1,870"),
        ("65 and over", 0.552, 0.05, 0.52, "n 410"),
    ];
    Whiskers {
        about: "Recall by age".into(),
        reading: "Higher than the champion in every band but the youngest.".into(),
        unit: Unit::Share,
        rows: rows
            .into_iter()
            .map(|(label, estimate, half, reference, note)| Whisker {
                label: label.into(),
                estimate,
                low: estimate - half,
                high: estimate + half,
                reference: Some((reference, reference - half, reference + half)),
                note: note.into(),
            })
            .collect(),
        limit: Some(Limit { value: 0.40, label: "at least 40%".into(), worse: Worse::Lower }),
        ..Whiskers::default()
    }
}

fn guard(limit: f64, worse: Worse, label: &str, unit: Unit, width: f64, centre: f64) -> Sequence {
    // A walk that settles, as an average does.
    let mut sum = 0.0;
    let points = (4..54).map(move |i| {
        let n = i * 40;
        let half = width / (n as f64).sqrt();
        sum += noise(i + 7);
        let estimate = centre + half * 2.2 * sum / (i as f64 + 1.0);
        SequencePoint { n, lower: estimate - half, estimate, upper: estimate + half }
    });
    Sequence {
        about: "Canary minus stable, with its 95 percent confidence sequence".into(),
        reading: "The band closes in; the limit is drawn.".into(),
        unit,
        points: points.collect(),
        planned: 4_800,
        limit: Limit { value: limit, label: label.into(), worse },
        settled_at: None,
    }
}

fn table_of(spec: &TimeSeries, caption: &str) -> Table {
    let mut table = Table::new(caption, &["Time", "#p99", "#p50"]);
    let points = |i: usize| spec.lines.iter().map(move |line| line.points[i].1.map_or("–".into(), |v| words::number(v, 1)));
    table.rows =
        (0..150).step_by(30).map(|i| std::iter::once(spec.lines[0].points[i].0.hm()).chain(points(i)).collect()).collect();
    table
}

#[component]
pub fn Figures() -> impl IntoView {
    let (latency, drift, income) = (latency(), drift(), income());
    let (head, rows) = drift.table(6);
    let heat_table =
        Table { rows, ..Table::new("Distance by feature and day", &head.iter().map(String::as_str).collect::<Vec<_>>()) };
    let income_table = Table { rows: income.rows(), ..Table::new("Income", &["Monthly income", "#Training", "#Now"]) };
    let empty = TimeSeries {
        from: NOON,
        to: NOON + HOUR,
        about: "No data".into(),
        empty: "164 of 1,000 predictions; enough on 24 March".into(),
        ..TimeSeries::default()
    };
    let traffic: Vec<Option<f64>> = (0..24).map(|i| Some(noise(i))).collect();
    view! {
        <Section id="figure" title="Figure" hint="Title (the finding), one or two sentences, the drawing, the table. Subject in accent, reference in grey.">
            <Figure
                title="card-fraud-score has been too slow since 13:05" sentence="p99 is 46 ms against a limit of 40 ms. Its cache was switched off 13 minutes before."
                drawing=time_series(&latency) table=table_of(&latency, "latency by minute")
            />
            <Figure
                title="One of 5 watched features crossed the limit in 30 days: income" sentence="Distance from the training data per day, largest first."
                drawing=heat(&drift) key=drift.key() table=heat_table
            />
            <PairFigure
                title="Income looks 28% lower: the median fell from €2,640 to €1,910" sentence="The whole distribution moved left."
                drawings=histogram(&income) captions=["Training data".into(), "Now; outline: training".into()] table=income_table
            />
            <div class="two-col figs">
                <Figure title="Six series is the most" sentence="Direct labels, a dash pattern each, in the order c-1 to c-6." drawing=time_series(&six())/>
                <Figure title="Not enough data to judge branch-cash-demand" sentence="The frame and axes stay, so that nothing jumps when data comes." drawing=time_series(&empty)/>
                <Figure title="Tenure weighs most, about a third" sentence="Share of the mean absolute attribution; grey: the champion." drawing=bars(&weights())/>
                <Figure title="The missing salary raised this score most" sentence="Contribution in points." drawing=bars(&reasons())/>
                <Figure title="Version 15 finds more leavers in every age band but the youngest" sentence="Recall with 95% intervals; hollow: the champion." drawing=whiskers(&groups())/>
            </div>
            <p class="row">"A chart the size of a word: "<Sparkline values=traffic says="Requests a second over 24 hours"/></p>
        </Section>
    }
}

#[component]
pub fn TilesPart() -> impl IntoView {
    let share = guard(0.02, Worse::Either, "worse than ±2.0 points", Unit::Points, 1.2, 0.003);
    let errors = guard(0.005, Worse::Higher, "worse than +0.50 points", Unit::Points, 0.13, 0.0);
    let quality = guard(-0.01, Worse::Lower, "worse than −0.010", Unit::Plain, 1.0, 0.021);
    let rows = |spec: &Sequence| Table {
        rows: sequence_rows(spec, 6),
        ..Table::new("Data", &["Requests", "#Lower", "#Difference", "#Upper"])
    };
    view! {
        <Section id="tile" title="Tile" hint="Many alike things compared: the guardrails of a rollout.">
            <Key key=vec![
                ("sequence", "difference and its confidence sequence".into()),
                ("plan", "expected width".into()),
                ("limit", "limit, worse is tinted".into()),
                ("event", "now".into()),
            ]/>
            <Tiles>
                <Tile
                    title="Share of yes" state=State::Unknown word="Not decided" svg=sequence(&share).svg() table=rows(&share)
                    sentence="Between 2.3 points lower and 2.9 higher, and the limit is 2.0. 2,120 of about 4,800 requests."
                    values="Canary 12.4% (263 of 2,120), stable 12.1% (4,920 of 40,660)"
                />
                <Tile title="Errors" state=State::Ok word="Within limit" svg=sequence(&errors).svg() table=rows(&errors) sentence="At most 0.30 points worse, 95% sure. The limit is 0.50." values="Canary 0 of 2,120, stable 4 of 40,660"/>
                <Tile title="Estimated quality, AUC" state=State::Ok word="Within limit" svg=sequence(&quality).svg() table=rows(&quality) sentence="At most 0.004 worse, 95% sure. The limit is 0.010 worse." values="Canary 0.868, stable 0.847, both estimated"/>
                <Tile title="Realised recall" state=State::Unknown word="Not enough data" sentence="Not used for this decision. The first outcomes arrive on 15 June 2026.">
                    <p class="quiet">"Until then the estimate beside it stands in."</p>
                </Tile>
            </Tiles>
        </Section>
    }
}
