//! The door: e-mail and password. In the demo it names the people one can be.

use crate::components::prelude::*;
use crate::session::{SignIn, door};
use leptos::server_fn::ServerFn;
use leptos_meta::Title;

#[component]
pub fn SignInPage() -> impl IntoView {
    let view = Resource::new_blocking(|| (), |()| door());
    // Only for what a failed attempt left in the address: the form itself is posted as it stands.
    let attempt = ServerAction::<SignIn>::new();
    let problem = move || attempt.value().get().and_then(Result::err).map(|error| view! { <ProblemNote problem=error.0/> });
    let here = here();
    view! {
        <Title text="Sign in"/>
        <a class="skip" href="#main">"Skip to content"</a>
        <main id="main" tabindex="-1" class="door">
            <div class="box">
                <p class="rail-brand"><Draw icon=Icon::Logo large=true/><span>"Slipway"</span></p>
                <LoadedPart res=view let:view>
                    <div><h1>"Sign in"</h1><p class="soft">{view.environment.clone()}</p></div>
                    {problem}
                    <form action=SignIn::url() method="post" class="form">
                        <input type="hidden" name="next" value=move || here.get("next").unwrap_or_default()/>
                        <Field name="email" label="E-mail" kind="email" autocomplete="username" required=true/>
                        <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true/>
                        <button class="btn btn-primary big" type="submit">"Sign in"</button>
                    </form>
                    {(!view.accounts.is_empty())
                        .then(|| view! {
                            <p class="or"><span>"or, in this demo, as"</span></p>
                            <ul class="people">
                                {view
                                    .accounts
                                    .clone()
                                    .into_iter()
                                    .map(|account| view! {
                                        <li>
                                            <form action=SignIn::url() method="post">
                                                <input type="hidden" name="next" value=move || here.get("next").unwrap_or_default()/>
                                                <input type="hidden" name="email" value=account.email/>
                                                <input type="hidden" name="password" value=account.password/>
                                                <button class="btn big"><Draw icon=Icon::User/>{account.name.clone()}", "{account.role.word()}</button>
                                                <p class="small quiet">{account.does}</p>
                                            </form>
                                        </li>
                                    })
                                    .collect_view()}
                            </ul>
                        })}
                    <p class="small quiet">"Programs use tokens. What you were looking at opens after signing in."</p>
                </LoadedPart>
            </div>
        </main>
    }
}
