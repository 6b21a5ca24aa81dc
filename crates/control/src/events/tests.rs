//! Events are kept once, stand on the axis of the charts they concern, and in the log.

use super::*;
use crate::monitoring::{changes_of, last};
use crate::registry::create_model;
use crate::testbed::admin;
use crate::testing::{contexts, person};
use crate::{Ctx, deployments};
use contract::deployment::DeploymentSettings;
use contract::inputs::{CreateDeployment, CreateEvent, CreateModel};
use contract::time::{DAY, HOUR, MINUTE};
use contract::views::events::EventKind;
use contract::{DeploymentName, Millis, ProblemKind, Role};

async fn deployment(cx: &Ctx, name: &str) -> DeploymentName {
    let settings = DeploymentSettings::new("churn".into());
    deployments::create(cx, &admin(), CreateDeployment { name: name.into(), settings }).await.unwrap();
    name.into()
}

#[tokio::test]
async fn an_event_is_kept_once_and_concerns_whom_it_names() {
    for (cx, clock) in contexts().await {
        create_model(&cx, &admin(), CreateModel { name: "churn".into(), ..CreateModel::default() }).await.unwrap();
        let (one, other) = (deployment(&cx, "one").await, deployment(&cx, "other").await);
        clock.advance(2 * HOUR);
        let etl = person("etl", Role::Engineer);
        let at = Millis(cx.now().0 - 20 * MINUTE);
        let load = CreateEvent {
            source: "etl".into(),
            title: "Loaded March again".into(),
            kind: EventKind::DataRun,
            at: Some(at.rfc3339()),
            link: Some("https://etl.example/runs/7".into()),
            deployments: vec![one.clone()],
            key: Some("run-7".into()),
        };
        let (first, new) = post(&cx, &etl, load.clone()).await.unwrap();
        assert!(new && first.at == at && first.deployments == [one.clone()]);
        assert_eq!(post(&cx, &etl, load.clone()).await.unwrap(), (first.clone(), false));
        let other_words = CreateEvent { title: "Loaded April".into(), ..load.clone() };
        assert_eq!(post(&cx, &etl, other_words).await.unwrap_err().kind, ProblemKind::Conflict);
        // Without a key the same words at the same time are the same event.
        let campaign = CreateEvent {
            source: "marketing".into(),
            title: "Campaign".into(),
            kind: EventKind::Traffic,
            at: Some((at + MINUTE).rfc3339()),
            ..CreateEvent::default()
        };
        assert!(post(&cx, &etl, campaign.clone()).await.unwrap().1);
        assert!(!post(&cx, &etl, campaign.clone()).await.unwrap().1);
        assert!(post(&cx, &etl, CreateEvent { at: Some(at.rfc3339()), ..campaign }).await.unwrap().1);

        let nowhere = CreateEvent { deployments: vec!["nowhere".into()], key: None, ..load.clone() };
        assert_eq!(post(&cx, &etl, nowhere).await.unwrap_err().errors[0].field, "deployments");
        for role in [Role::Viewer, Role::Stakeholder] {
            assert_eq!(post(&cx, &person("v", role), load.clone()).await.unwrap_err().kind, ProblemKind::Forbidden);
        }

        let titles = async |name: &DeploymentName| -> Vec<String> {
            list(&cx, &etl, Some(name)).await.unwrap().into_iter().map(|line| line.title).collect()
        };
        assert_eq!(titles(&one).await, ["Campaign", "Campaign", "Loaded March again"]);
        assert_eq!(titles(&other).await, ["Campaign", "Campaign"]);
        assert_eq!(list(&cx, &etl, None).await.unwrap().len(), 3);
        assert_eq!(get(&cx, &etl, &first.id).await.unwrap(), first);
        assert_eq!(get(&cx, &etl, &"none".into()).await.unwrap_err().kind, ProblemKind::NotFound);
        assert_eq!(cx.store.db.event_last(&one, "data_run").await.unwrap(), Some(at.0));
        assert_eq!(cx.store.db.event_last(&other, "data_run").await.unwrap(), None);

        // On the axis of the charts, oldest first, beside what was done in Slipway.
        let marks = changes_of(&cx, &one, last(&cx, HOUR)).await.unwrap();
        let texts: Vec<&str> = marks.iter().map(|change| change.text.as_str()).collect();
        assert_eq!(texts.len(), 3, "{texts:?}");
        assert_eq!((texts[2], marks[2].at), ("marketing: Campaign", at + MINUTE));
        let load = marks.iter().find(|change| change.text == "etl: Loaded March again").expect("it is there");
        assert_eq!(load.url.as_deref(), Some("https://etl.example/runs/7"));
        let all = changes_of(&cx, &one, last(&cx, DAY)).await.unwrap();
        assert!(all.len() == 4 && all.windows(2).all(|pair| pair[0].at <= pair[1].at), "{all:?}");
        let logged = cx.store.db.audit_page(None, Some("event.posted"), 10).await.unwrap();
        assert_eq!((logged.len(), logged[2].object_id.as_str()), (3, first.id.as_str()));
    }
}
