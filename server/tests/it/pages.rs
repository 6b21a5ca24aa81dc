//! Pages: who is led where, which headers they carry, signing in by the form, and the second locks against other sites.

use crate::form::form;
use crate::site::{Site, settings, site, start_with, word};
use serde_json::json;
use server::Settings;

#[test]
fn a_visitor_is_led_to_the_sign_in_page_and_back() {
    for path in ["/fleet", "/models/churn?tab=x"] {
        let reply = site().get("", path);
        assert_eq!(reply.status, 303);
        assert!(reply.header("location").starts_with("/sign-in?next=%2F"), "{}", reply.header("location"));
    }
    let page = site().get("", "/sign-in");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("name=\"password\""));
}

#[test]
fn a_page_runs_only_its_own_scripts() {
    let page = site().get("", "/sign-in");
    let policy = page.header("content-security-policy").to_owned();
    assert!(
        policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"),
        "{policy}"
    );
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
    let text = page.text();
    for script in text.match_indices("<script").map(|(at, _)| &text[at..]) {
        let tag = script.split('>').next().expect("a tag");
        assert!(tag.contains(&nonce), "{tag}");
    }
    assert_eq!((page.header("x-content-type-options"), page.header("x-frame-options")), ("nosniff", "DENY"));
    let again = site().get("", "/sign-in");
    assert!(!again.header("content-security-policy").contains(&nonce), "a nonce is used once");
}

#[test]
fn nothing_here_is_a_page_that_says_so() {
    let page = site().get("", "/no/such/page");
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").starts_with("text/html"));
    for path in ["/pkg/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/pkg/no.css"] {
        assert_eq!(site().get("", path).status, 404, "{path}");
    }
}

/// Address of the form on a page whose fields contain `field`.
fn action(html: &str, field: &str) -> String {
    let form = html.split("<form").find(|form| form.contains(&format!("name=\"{field}\""))).expect("the form");
    form.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("its address").to_owned()
}

/// Headers of a form that a browser sends by itself.
const FORM: [(&str, &str); 3] =
    [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html"), ("sec-fetch-site", "same-origin")];

/// Signs in by the form, as a person of the demo; the cookie of the session.
pub fn signed_in(site: &Site, role: &str) -> String {
    let action = action(&site.get("", "/sign-in").text(), "password");
    let form = format!("email={role}%40demo.example&password={role}-demo");
    let reply = site.send("", "POST", &action, &FORM, form.into_bytes());
    reply.header("set-cookie").split(';').next().filter(|cookie| !cookie.is_empty()).expect("a session").to_owned()
}

/// Value of the hidden field of this name.
fn hidden(html: &str, name: &str) -> String {
    let field = html.split(&format!("name=\"{name}\"")).nth(1).expect("the field");
    field.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("its value").to_owned()
}

#[test]
fn a_refused_form_comes_back_with_what_was_typed_and_the_problem_at_its_field() {
    site().register("typed", "churn", 2);
    site().post("engineer", "/api/v1/deployments", &json!({ "name": "typed", "settings": { "model": "typed" } })).expect(201);
    site().post("engineer", "/api/v1/models/typed/versions/1/gates", &json!({})).expect(200);
    let request = json!({ "model": "typed", "version": 1, "deployment": "typed", "reason": "A test." });
    let asked = site().post("engineer", "/api/v1/approvals", &request).expect(201);
    let path = format!("/inbox/{}", word(&asked["id"]));
    let cookie = signed_in(site(), "approver");
    let get = |path: &str| site().send("", "GET", path, &[("cookie", cookie.as_str()), ("accept", "text/html")], vec![]);
    let page = get(&path).text();
    let form = format!(
        "csrf={}&id={}&evidence_hash={}&comment=It+is+better%3A+%3C%2Ftextarea%3E%3Cb%3E&password=wrong-password&decision=approve",
        hidden(&page, "csrf"),
        word(&asked["id"]),
        hidden(&page, "evidence_hash"),
    );
    let referer = format!("{}{path}", site().url);
    let headers = [&FORM[..], &[("cookie", cookie.as_str()), ("referer", referer.as_str())]].concat();
    let refused = site().send("", "POST", &action(&page, "evidence_hash"), &headers, form.into_bytes());
    assert!(matches!(refused.status, 302 | 303), "{} {}", refused.status, refused.text());
    let back = refused.header("location").trim_start_matches(site().url.as_str()).to_owned();
    assert!(back.contains("__err=") && !back.contains("better"), "what was typed is not in the address: {back}");

    let page = get(&back).text();
    assert!(page.contains(">It is better: &lt;/textarea&gt;&lt;b&gt;</textarea>"), "the comment is there again, as text");
    assert!(page.contains("This is not your password.") && page.contains("id=\"f-password-error\""));
    assert!(!page.contains("wrong-password"));
    // Once: the next look at the same address is a new form.
    assert!(!get(&back).text().contains("It is better"));
}

#[test]
fn an_upload_that_is_too_large_comes_back_with_what_was_typed() {
    let dir = tempfile::tempdir().expect("a folder");
    let settings = Settings { body_limit: Some(1 << 20), ..settings(&dir) };
    let small = start_with(dir, settings);
    small.post("engineer", "/api/v1/models", &json!({ "name": "churn" })).expect(201);
    let cookie = signed_in(&small, "engineer");
    let get = |path: &str| small.send("", "GET", path, &[("cookie", cookie.as_str()), ("accept", "text/html")], vec![]).text();
    let csrf = hidden(&get("/models/churn/new"), "csrf");
    let (kind, body) = form(&[
        ("csrf", "", csrf.into_bytes()),
        ("file", "large.onnx", vec![0; 3 << 20]),
        ("label_column", "", b"churned".to_vec()),
        ("notes", "", b"What is new: <i>size</i>.".to_vec()),
    ]);
    let headers =
        [("content-type", kind.as_str()), ("accept", "text/html"), ("sec-fetch-site", "same-origin"), ("cookie", &cookie)];
    let refused = small.send("", "POST", "/models/churn/versions", &headers, body);
    assert_eq!((refused.status, refused.header("location")), (303, "/models/churn/new?refused=1"), "{}", refused.text());
    let page = get("/models/churn/new?refused=1");
    assert!(page.contains("larger than the 1 MiB that this server takes"));
    assert!(page.contains(">What is new: &lt;i&gt;size&lt;/i&gt;.</textarea>") && page.contains("value=\"churned\""));
    assert_eq!(small.get("engineer", "/api/v1/models/churn/versions").expect(200)["items"], json!([]));
}

#[test]
fn signing_in_by_the_form_without_a_script() {
    let action = action(&site().get("", "/sign-in").text(), "password");
    let form = |email: &str, password: &str| format!("email={email}&password={password}&next=%2Ffleet").into_bytes();
    let kind = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
    let send = |headers: &[(&str, &str)], body: Vec<u8>| site().send("", "POST", &action, &[&kind, headers].concat(), body);

    let elsewhere = send(&[("sec-fetch-site", "cross-site")], form("engineer%40demo.example", "engineer-demo"));
    elsewhere.problem(403, "forbidden");
    let elsewhere = send(&[("origin", "https://evil.example")], form("engineer%40demo.example", "engineer-demo"));
    elsewhere.problem(403, "forbidden");

    let reply = send(&[("sec-fetch-site", "same-origin")], form("engineer%40demo.example", "engineer-demo"));
    assert!(matches!(reply.status, 302 | 303), "{} {}", reply.status, reply.text());
    assert_eq!(reply.header("location"), "/fleet");
    let set = reply.header("set-cookie");
    assert!(set.contains("slipway_session=") && set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let cookie = set.split(';').next().expect("a cookie").to_owned();

    let page = site().send("", "GET", "/fleet", &[("cookie", &cookie)], vec![]);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("churn"));
    let me = site().send("", "GET", "/api/v1/me", &[("cookie", &cookie)], vec![]).expect(200);
    assert_eq!(me["role"], "engineer");
    // The cookie alone is not enough to change anything.
    let change = |headers: &[(&str, &str)]| {
        site().send(
            "",
            "POST",
            "/api/v1/models",
            &[&[("cookie", cookie.as_str())], headers].concat(),
            b"{\"name\":\"forged\"}".to_vec(),
        )
    };
    change(&[]).problem(403, "forbidden");
    change(&[("x-csrf-token", "guessed")]).problem(403, "forbidden");
    let html = page.text();
    let csrf =
        html.split("name=\"csrf\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1)).and_then(|rest| rest.split('"').next());
    if let Some(csrf) = csrf {
        change(&[("x-csrf-token", csrf)]).expect(201);
    }
}
