//! What is sampled is stored, added up over processes, shown, forgotten in time, and raises an alert where it runs out.

use super::sampler::Sampler;
use super::window::{Levels, measure};
use super::*;
use crate::alerts;
use crate::monitoring::last;
use crate::testbed::{Bed, admin, beds};
use contract::time::{DAY, HOUR, MINUTE, SECOND};
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::{Millis, VersionNo};

/// Processor and memory are this full.
fn levels(full: f64, queue: f64) -> Levels {
    let mut levels = Levels::default();
    for (name, value) in [(measure::CPU, full), (measure::CORES, 2.0), (measure::PROCESS_CPU, full), (measure::MEMORY, full)] {
        levels.add(name, value);
    }
    levels.add(&measure::version(measure::QUEUE, "churn", 1), queue);
    levels.add(&measure::version(measure::QUEUE_SHARE, "churn", 1), queue / 100.0);
    levels.add(&measure::version(measure::COMPUTE, "churn", 1), 0.5);
    levels
}

#[tokio::test]
async fn real_samples_are_stored_and_shown() {
    for bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let mut sampler = Sampler::new(bed.cx.clone(), std::env::temp_dir());
        let rows = bed.rows(&name, "live.csv");
        for part in rows[..800].chunks(100) {
            sampler.sample().await.unwrap();
            bed.clock.advance(10 * SECOND);
            bed.send(&name, part).await;
        }
        sampler.sample().await.unwrap();
        let shown = view(&bed.cx, &admin(), None, last(&bed.cx, HOUR)).await.unwrap();
        let [node] = &shown.nodes[..] else { panic!("one node: {shown:?}") };
        let disk = node.gauges.iter().find(|gauge| gauge.name == "Disk").unwrap();
        assert!(disk.share.is_some_and(|share| (0.0..=1.0).contains(&share)) && disk.words.ends_with("free"), "{disk:?}");
        let [one] = &shown.versions[..] else { panic!("one version: {:?}", shown.versions) };
        assert_eq!((one.version, one.compute_share), (VersionNo(1), Some(1.0)));
        assert!(one.compute_seconds > 0.0 && one.memory_bytes.is_some(), "{one:?}");
        assert!(node.memory_bytes[0].points.iter().any(|point| point.value.is_some_and(|bytes| bytes > 1e6)));
        assert_eq!(view(&bed.cx, &admin(), Some(&name), last(&bed.cx, HOUR)).await.unwrap().versions.len(), 1);
        assert!(view(&bed.cx, &admin(), Some(&"nobody".into()), last(&bed.cx, HOUR)).await.is_err());
    }
}

#[tokio::test]
async fn two_processes_add_up_and_old_minutes_go() {
    for bed in beds().await {
        let (mut a, mut b) = (Sampler::new(bed.cx.clone(), "/".into()), Sampler::new(bed.cx.clone(), "/".into()));
        let begun = bed.cx.now().floor_to(MINUTE);
        for i in 0..6 {
            let now = begun + i * 10 * SECOND;
            a.add(now, &levels(0.25, 0.0)).await.unwrap();
            b.add(now, &levels(0.75, 10.0)).await.unwrap();
        }
        for span in [MINUTE, HOUR] {
            let mut sum = Levels::default();
            let range = contract::inputs::TimeRange { from: begun, to: begun + MINUTE };
            read::used(&bed.cx, span, range).await.unwrap().iter().for_each(|used| sum.merge(&used.levels));
            let cpu = sum.get(measure::CPU);
            assert_eq!((cpu.n, cpu.mean(), cpu.max), (12, Some(0.5), 0.75), "{span}");
        }
        let mut later = Sampler::new(bed.cx.clone(), "/".into());
        later.add(begun + 4 * DAY, &levels(0.1, 0.0)).await.unwrap();
        let left = |span| bed.cx.store.db.resources(span, Millis(0), begun + 5 * DAY);
        assert_eq!((left(MINUTE).await.unwrap().len(), left(HOUR).await.unwrap().len()), (1, 3));
    }
}

#[tokio::test]
async fn what_runs_out_raises_one_alert_that_holds_and_ends() {
    for bed in beds().await {
        let version = bed.register("v3").await;
        bed.deploy(version).await;
        let mut sampler = Sampler::new(bed.cx.clone(), "/".into());
        let mut minutes = async |cpu: f64, queue: f64| {
            for _ in 0..36 {
                bed.clock.advance(10 * SECOND);
                sampler.add(bed.cx.now(), &levels(cpu, queue)).await.unwrap();
            }
            alerts::tick(&bed.cx).await.unwrap();
            let open = alerts::list(&bed.cx, &admin()).await.unwrap().open;
            let mut found: Vec<(String, State)> = open
                .into_iter()
                .filter(|line| line.kind == AlertKind::Resources)
                .map(|line| (line.subject.split('@').next().unwrap_or_default().to_owned(), line.state))
                .collect();
            found.sort();
            found
        };
        let [cpu, memory, queue] = ["cpu", "memory", "queue of version 1"].map(str::to_owned);
        assert_eq!(minutes(0.7, 0.0).await, []);
        assert_eq!(minutes(0.85, 10.0).await, [(cpu.clone(), State::Watch), (memory.clone(), State::Watch)]);
        let full = minutes(0.97, 90.0).await;
        assert_eq!(full, [(cpu.clone(), State::Watch), (memory.clone(), State::Bad), (queue, State::Watch)]);
        assert_eq!(minutes(0.92, 10.0).await[..2], [(cpu, State::Watch), (memory, State::Bad)], "it holds");
        minutes(0.5, 0.0).await;
        minutes(0.5, 0.0).await;
        assert_eq!(minutes(0.5, 0.0).await, []);
        let shown = view(&bed.cx, &admin(), None, last(&bed.cx, HOUR)).await.unwrap();
        assert_eq!(shown.answer.state, State::Ok, "{:?}", shown.answer);
    }
}

#[tokio::test]
async fn what_watching_takes_is_what_is_stored() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let watched =
            async |bed: &Bed| view(&bed.cx, &admin(), Some(&name), last(&bed.cx, HOUR)).await.unwrap().watching.unwrap();
        let nothing = watched(&bed).await;
        assert_eq!((nothing.stored_bytes, nothing.memory_bytes), (0, 0));
        let rows = bed.rows(&name, "live.csv");
        for part in rows[..60].chunks(20) {
            bed.send(&name, part).await;
            bed.flush().await;
            bed.clock.advance(40 * MINUTE);
        }
        let watching = watched(&bed).await;
        for ((span, _), part) in crate::monitoring::spans::KEPT.into_iter().zip(&watching.parts) {
            let (from, to) = (Millis(0), bed.cx.now());
            let stored = bed.cx.store.db.windows_whole(&name, version, span, from, to).await.unwrap();
            let bytes: usize = stored.iter().map(|row| row.operations.len() + row.features.len()).sum();
            assert_eq!((part.rows, part.bytes), (stored.len() as u64, bytes as u64), "{}", part.name);
            assert!(part.bytes > 5_000 && part.day_bytes.is_some(), "{part:?}");
        }
        let log = watching.parts.iter().find(|part| part.name.contains("single rows")).unwrap();
        assert!(log.rows == 60 && (60 * 200..60 * 2_000).contains(&log.bytes), "{log:?}");
        assert_eq!(watching.stored_bytes, watching.parts.iter().map(|part| part.bytes).sum::<u64>());
        assert!(watching.memory_bytes > 10_000, "the last windows are still open: {}", watching.memory_bytes);
        assert!(watching.sentence.starts_with("15 features watched."), "{}", watching.sentence);
    }
}
