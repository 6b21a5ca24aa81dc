//! Small and odd changes of live rows, on both databases: a little of what the training data had none of, numbers beyond their range,
//! and numbers that stand still.

use super::monitors::{backtest, save};
use super::{list, tick};
use crate::monitoring::{drift, last};
use crate::testbed::{Bed, admin, beds};
use contract::time::{HOUR, MINUTE};
use contract::views::alerts::{AlertKind, AlertLine};
use contract::views::drift::DriftView;
use contract::{DeploymentName, Verdict};
use serving::Value;

async fn deployed(bed: &Bed) -> (DeploymentName, impl Fn(&str) -> usize + use<>) {
    let version = bed.register("v3").await;
    let name = bed.deploy(version).await;
    let contract = bed.cx.book.get(&name).unwrap().versions[&version].contract.clone();
    (name, move |feature: &str| contract.features.iter().position(|f| f.name == feature).unwrap())
}

async fn open(bed: &Bed, kind: AlertKind) -> Option<AlertLine> {
    tick(&bed.cx).await.unwrap();
    list(&bed.cx, &admin()).await.unwrap().open.into_iter().find(|alert| alert.kind == kind)
}

async fn shown(bed: &Bed, name: &DeploymentName, feature: &str) -> DriftView {
    drift(&bed.cx, &admin(), name, last(&bed.cx, HOUR), Some(feature)).await.unwrap()
}

#[tokio::test]
async fn one_row_in_fifty_outside_the_range_is_told_unless_somebody_has_chosen_more() {
    for mut bed in beds().await {
        let (name, place) = deployed(&bed).await;
        let mut rows = bed.rows(&name, "live.csv");
        for row in rows.iter_mut().step_by(60) {
            row[place("total_eve_minutes")] = Value::Num(400.0);
        }
        bed.send(&name, &rows).await;
        bed.flush().await;
        let told = open(&bed, AlertKind::OutOfRange).await.expect("1.7% of the rows");
        assert_eq!(told.headline, "total_eve_minutes lies outside the range of the training data");
        assert!(told.sentence.contains("the limit is 0.20%") && told.url.contains("feature=total_eve_minutes"), "{told:?}");
        assert!(open(&bed, AlertKind::FeatureDrift).await.is_none(), "so few do not move the whole");
        let view = shown(&bed, &name, "total_eve_minutes").await;
        let row = view.features.iter().find(|row| row.feature == "total_eve_minutes").unwrap();
        assert_eq!((row.wrong.as_str(), row.now.verdict), ("Outside its range", Verdict::Fail));
        let selected = view.selected.unwrap();
        let rate = selected.out_of_range.unwrap();
        assert!(rate.verdict == Verdict::Fail && rate.current.is_some_and(|now| now > 0.01), "{rate:?}");
        assert!(selected.headline.starts_with("total_eve_minutes lies outside the range"), "{}", selected.headline);
        let words: Vec<&str> = selected.distances.iter().map(|line| line.distance.as_str()).collect();
        assert_eq!(words, ["wasserstein_over_std", "wasserstein", "ks", "psi", "jensen_shannon", "hellinger"]);
        assert_eq!(selected.distances[0].value, row.now.distance.unwrap(), "the one that is judged");

        bed.clock.advance(MINUTE);
        let tried = backtest(&bed.cx, &admin(), &name, "out_of_range", Some(0.05)).await.unwrap();
        assert!(tried.episodes.is_empty() && tried.current_fired > 0, "{tried:?}");
        save(&bed.cx, &admin(), &name, "out_of_range", 0.05).await.unwrap();
        for _ in 0..3 {
            open(&bed, AlertKind::OutOfRange).await;
            bed.clock.advance(MINUTE);
        }
        assert!(open(&bed, AlertKind::OutOfRange).await.is_none(), "5% was chosen");
    }
}

#[tokio::test]
async fn a_number_that_stands_still_is_told_once_and_as_that() {
    for mut bed in beds().await {
        let (name, place) = deployed(&bed).await;
        let mut rows = bed.rows(&name, "live.csv");
        rows.iter_mut().for_each(|row| row[place("total_night_minutes")] = Value::Num(200.0));
        bed.send(&name, &rows[..600]).await;
        bed.flush().await;
        let told = open(&bed, AlertKind::Stuck).await.expect("it stands still");
        assert_eq!(told.headline, "total_night_minutes stands still");
        assert!(told.sentence.starts_with("Every value over 600 rows is 200, and "), "{}", told.sentence);
        assert!(open(&bed, AlertKind::FeatureDrift).await.is_none(), "one change is one alert");
        let view = shown(&bed, &name, "total_night_minutes").await;
        assert_eq!(view.answer.headline, "total_night_minutes stands still");
        assert!(view.features.iter().any(|row| row.wrong == "Stands still"));
        assert_eq!(view.selected.unwrap().stuck, "yes, at 200");
        let calm = shown(&bed, &name, "total_day_minutes").await.selected.unwrap();
        assert_eq!(calm.stuck, "no");
        bed.clock.advance(MINUTE);
        assert!(backtest(&bed.cx, &admin(), &name, "stuck", None).await.unwrap().current_fired > 0);
    }
}

#[tokio::test]
async fn one_new_category_in_sixty_rows_is_told() {
    for mut bed in beds().await {
        let (name, place) = deployed(&bed).await;
        let mut rows = bed.rows(&name, "live.csv");
        for row in rows.iter_mut().step_by(80) {
            row[place("area_code")] = Value::Text("area_code_999".into());
        }
        let mut sent = 0;
        for row in &rows {
            sent += usize::from(bed.ask(&name, row).await.1.is_ok());
        }
        assert_eq!(sent, rows.len());
        bed.flush().await;
        let told = open(&bed, AlertKind::Unseen).await.expect("1.3% of the rows");
        assert!(told.headline.starts_with("area_code has values") && told.sentence.contains("the limit is 0.20%"), "{told:?}");
        let categories = shown(&bed, &name, "area_code").await.selected.unwrap();
        assert!(categories.distances.iter().any(|line| line.distance == "chi_square"), "{:?}", categories.distances);
        assert!(categories.stuck.is_empty() && categories.out_of_range.is_none());
    }
}
