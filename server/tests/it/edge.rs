//! Callers that are slow, silent, many or greedy: they lose their connection or get a refusal, and the others are answered.

use crate::form::record;
use crate::site::{Site, settings, start_with};
use serde_json::json;
use server::Settings;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A server with little patience and little room, and a deployment to ask.
fn strict() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let settings = Settings {
            client_timeout_s: Some(2),
            idle_timeout_s: Some(4),
            connections: Some(1_200),
            body_limit: Some(4 << 20),
            body_memory: Some(6 << 20),
            ..settings(&dir)
        };
        let site = start_with(dir, settings);
        site.register("churn", "churn", 2);
        site.post("engineer", "/api/v1/deployments", &json!({ "name": "churn", "settings": { "model": "churn" } })).expect(201);
        site.promote("churn", 1, "churn", None);
        site.wait_for("/v2/models/churn/ready");
        site
    })
}

fn connect(site: &Site) -> TcpStream {
    let stream = TcpStream::connect(site.url.trim_start_matches("http://")).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit for the test itself");
    stream
}

/// Everything until the server closes. A reset after that is a close as well.
fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 4_096];
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(n) => bytes.extend_from_slice(&part[..n]),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => break,
            Err(error) => panic!("the server did not close: {error}"),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn answers(site: &Site) {
    let asked = json!({ "records": [record("churn", 0)] });
    site.post("", "/api/v1/deployments/churn/predict", &asked).expect(200);
}

fn infer_head(length: usize) -> String {
    format!("POST /v2/models/churn/infer HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n")
}

#[test]
fn a_head_that_trickles_in_loses_its_connection() {
    let site = strict();
    let mut slow = connect(site);
    slow.write_all(b"GET /v2/health/live HTTP/1.1\r\n").expect("it is open");
    // A header every now and then keeps nothing alive.
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(30) && slow.write_all(b"x-more: y\r\n").is_ok() {
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(started.elapsed() < Duration::from_secs(30), "it is open still");
    answers(site);
}

#[test]
fn a_connection_that_lies_idle_is_closed() {
    let site = strict();
    let mut idle = connect(site);
    idle.write_all(b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n").expect("it is open");
    let text = read_all(&mut idle);
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
}

#[test]
fn a_body_that_stalls_is_given_up() {
    let site = strict();
    for (path, form) in
        [("/v2/models/churn/infer", "{\"error\":"), ("/api/v1/deployments/churn/predict", "urn:slipway:problem:invalid")]
    {
        let mut stalled = connect(site);
        write!(stalled, "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{{\"inp").expect("it is open");
        let text = read_all(&mut stalled);
        assert!(text.starts_with("HTTP/1.1 408 ") && text.contains("connection: close") && text.contains(form), "{text}");
    }
    answers(site);
}

#[test]
fn a_giant_that_is_announced_is_refused_and_holds_nothing() {
    let site = strict();
    let mut giant = connect(site);
    write!(giant, "{}", infer_head(1 << 40)).expect("it is open");
    let text = read_all(&mut giant);
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    // Announcing alone takes no room: these would be 40 MiB of 6.
    let announced: Vec<TcpStream> = (0..10)
        .map(|_| {
            let mut stream = connect(site);
            write!(stream, "{}", infer_head(4 << 20)).expect("it is open");
            stream
        })
        .collect();
    answers(site);
    drop(announced);
}

/// Two bodies that are on their way take the room of 6 MiB but for some bytes: whoever brings more is told to come back, until they are gone.
#[test]
fn all_bodies_together_have_a_bound() {
    let dir = tempfile::tempdir().expect("a folder");
    let settings =
        Settings { client_timeout_s: Some(60), body_limit: Some(4 << 20), body_memory: Some(6 << 20), ..settings(&dir) };
    let site = start_with(dir, settings);
    let hold = |bytes: usize| {
        let mut stream = connect(&site);
        write!(stream, "POST /v2/repository/index HTTP/1.1\r\nhost: x\r\ncontent-length: 4000000\r\n\r\n").expect("it is open");
        stream.write_all(&vec![b' '; bytes]).expect("it is read");
        stream
    };
    let held = (hold(3_900_000), hold((6 << 20) - 3_900_000 - 400));
    let ask = || site.send("", "POST", "/v2/repository/index", &[], [vec![b' '; 2_000], b"{}".to_vec()].concat());
    let until = |status: u16| {
        let started = Instant::now();
        loop {
            let reply = ask();
            if reply.status == status {
                return reply;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "{} for a minute, not {status}", reply.status);
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let full = until(503);
    assert_eq!((full.header("retry-after"), full.header("connection")), ("1", "close"));
    assert!(full.json()["error"].as_str().is_some_and(|words| words.contains("too many bytes")), "{}", full.text());
    assert_eq!(site.get("", "/v2/health/live").status, 200, "what has no body needs no room");
    drop(held);
    until(200);
}

#[test]
fn a_thousand_half_open_connections_keep_nobody_out() {
    let site = strict();
    let mut open: Vec<TcpStream> = (0..1_000).map(|_| connect(site)).collect();
    for stream in open.iter_mut().step_by(2) {
        // It may be closed by now: the server waits for nobody.
        let _ = stream.write_all(b"POST /v2/models/churn/infer HTTP/1.1\r\nhost");
    }
    for _ in 0..20 {
        answers(site);
    }
    for stream in &mut open {
        assert_eq!(read_all(stream), "", "a half-open connection gets no answer, and is closed");
    }
}
