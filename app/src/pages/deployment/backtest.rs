//! The back-test of one rule: try another limit on what is stored, see when it would have fired, then save it.

use crate::components::prelude::*;
use contract::views::monitors::{BackTest, DeploymentAlertsView, Limit};
use contract::{DeploymentName, urls};

/// Saves the limit that was tried, in the unit in which it is typed.
#[server]
pub async fn save_limit(csrf: String, name: DeploymentName, rule: String, limit: f64) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let monitor = control::alerts::monitors::monitor(&cx, &who, &name, &rule).await?;
    let meant = monitor.limit.map_or(limit, |of| of.meant(limit));
    control::alerts::monitors::save(&cx, &who, &name, &rule, meant).await?;
    leptos_axum::redirect(&format!("{}?rule={}#backtest", urls::deployment(&name, "alerts"), urls::encode(&rule)));
    Ok(())
}

/// As it is typed: without the noise of a division.
fn typed(limit: &Limit, value: f64) -> String {
    let typed = limit.typed(value);
    format!("{}", (typed * 1e6).round() / 1e6)
}

#[component]
pub fn Back(test: BackTest, view: DeploymentAlertsView, action: ServerAction<SaveLimit>) -> impl IntoView {
    let Some((line, limit)) =
        view.monitors.iter().find(|line| line.monitor == test.monitor).and_then(|line| Some((line.clone(), line.limit?)))
    else {
        return ().into_any();
    };
    let changed = test.tried != test.current;
    let tried = typed(&limit, test.tried);
    let unit = limit.unit_words();
    let hint = format!(
        "From {} to {} {unit}. It is {} now; {} where nothing is chosen.",
        typed(&limit, limit.least),
        typed(&limit, limit.most),
        typed(&limit, limit.value),
        typed(&limit, limit.otherwise)
    );
    let address = urls::deployment(&view.head.name, "alerts");
    let name = view.head.name.0.clone();
    let save = match (changed, view.may_change.why_not.clone()) {
        (false, _) => None,
        (true, Some(why)) => Some(view! { <OffButton label="Save this limit" why id="why-limit"/> }.into_any()),
        (true, None) => Some(view! { <Save name rule=test.monitor.clone() tried=tried.clone() unit action/> }.into_any()),
    };
    let (rule, said, sentence) = (test.monitor.clone(), test.headline.clone(), test.sentence.clone());
    let state = if test.episodes.is_empty() { State::Ok } else { State::Info };
    view! {
        <Section title=format!("Back-test: {}", line.name.to_lowercase()) id="backtest" hint=line.words>
            <form method="get" action=format!("{address}#backtest") class="form narrow-form">
                <Hidden name="rule" value=rule/>
                <Field name="limit" label=format!("Limit, {unit}") value=tried hint scope="b-"/>
                <div class="row acts"><button class="btn" type="submit">"Try it on the past"</button></div>
            </form>
            <Note state title=said>
                <p>{sentence}</p>
                {save.map(|save| view! { <div class="row acts">{save}</div> })}
            </Note>
            <Episodes test/>
        </Section>
    }
    .into_any()
}

#[component]
fn Save(name: String, rule: String, tried: String, unit: &'static str, action: ServerAction<SaveLimit>) -> impl IntoView {
    let label = format!("Save {tried} {unit}");
    view! {
        <ActForm action>
            <Hidden name="name" value=name/>
            <Hidden name="rule" value=rule/>
            <Hidden name="limit" value=tried/>
            <FormProblem/>
            <Submit label tone=Tone::Primary/>
        </ActForm>
    }
}

#[component]
fn Episodes(test: BackTest) -> impl IntoView {
    let now = test.to;
    let cols = ["What", "From", "To"].into_iter().map(Col::new).collect();
    (!test.episodes.is_empty()).then(|| {
        view! {
            <Table label="When it would have fired" cols class="pairs">
                {test
                    .episodes
                    .into_iter()
                    .map(|one| view! {
                        <Row>
                            <Name name=one.headline href=one.url/>
                            <Cell label="From"><Moment at=one.from words=one.from.words(now)/></Cell>
                            <Cell label="To"><Moment at=one.to words=one.to.words(now)/></Cell>
                        </Row>
                    })
                    .collect_view()}
            </Table>
        }
    })
}
