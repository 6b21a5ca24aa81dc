//! A mail server on this machine that speaks as much SMTP as a client needs, and keeps what it was sent.

use super::*;
use crate::alerts::deliver;
use contract::alerting::{ChannelKind, MailSecurity};
use contract::time::MINUTE;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Mutex;

/// What one conversation said: the envelope and the message.
#[derive(Clone, Debug, Default)]
struct Mail {
    from: String,
    to: Vec<String>,
    signed_in: bool,
    text: String,
}

/// Refuses the first `busy` messages as a full mailbox does.
fn serve(busy: usize) -> (u16, Arc<Mutex<Vec<Mail>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let mails = kept.clone();
    // It ends with the test's process.
    std::thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(stream.expect("a connection"));
            let mut mail = Mail::default();
            let say = |stream: &mut BufReader<std::net::TcpStream>, line: &str| {
                stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("it listens");
            };
            say(&mut stream, "220 mail.test ESMTP");
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                let line = line.trim_end().to_owned();
                match line.split([' ', ':']).next().unwrap_or_default().to_uppercase().as_str() {
                    "EHLO" => say(&mut stream, "250-mail.test\r\n250-AUTH PLAIN\r\n250 8BITMIME"),
                    "AUTH" => {
                        mail.signed_in = line.ends_with("AG1lAHNlY3JldA==");
                        say(&mut stream, if mail.signed_in { "235 fine" } else { "535 no" });
                    }
                    "MAIL" => {
                        mail.from = line;
                        say(&mut stream, "250 fine");
                    }
                    "RCPT" => {
                        mail.to.push(line);
                        say(&mut stream, "250 fine");
                    }
                    "DATA" if n < busy => say(&mut stream, "452 the mailbox is full"),
                    "DATA" => {
                        say(&mut stream, "354 go on");
                        loop {
                            let mut line = String::new();
                            stream.read_line(&mut line).expect("the message");
                            if line == ".\r\n" {
                                break;
                            }
                            mail.text.push_str(&line);
                        }
                        mails.lock().expect("whole").push(std::mem::take(&mut mail));
                        say(&mut stream, "250 2.0.0 queued as 42");
                    }
                    "QUIT" => {
                        say(&mut stream, "221 bye");
                        break;
                    }
                    _ => say(&mut stream, "250 fine"),
                }
            }
        }
    });
    (port, kept)
}

#[tokio::test]
async fn mail_arrives_after_the_server_was_busy() {
    for (cx, clock) in near().await {
        let (port, mails) = serve(1);
        let input = SaveChannel {
            name: "mail".into(),
            kind: ChannelKind::Email,
            target: ChannelTarget {
                to: "oncall@example.com, ada@example.com".into(),
                from: "Slipway <slipway@example.com>".into(),
                host: "localhost".into(),
                port: Some(port),
                security: MailSecurity::None,
                user: "me".into(),
                ..ChannelTarget::default()
            },
            secret: "secret".into(),
            ..SaveChannel::default()
        };
        channel(&cx, input).await;
        let id = open(&cx, State::Bad).await;
        deliver(&cx).await.unwrap();
        let log = channels::deliveries(&cx, &engineer(), None).await.unwrap();
        assert_eq!(log[0].attempts[0].status, "452", "{:?}", log[0]);
        clock.advance(MINUTE);
        deliver(&cx).await.unwrap();
        crate::alerts::acknowledge(&cx, &engineer(), &id, "").await.unwrap();
        resolve(&cx, &id).await;
        deliver(&cx).await.unwrap();
        let mails = mails.lock().unwrap().clone();
        let subjects: Vec<_> =
            mails.iter().filter_map(|mail| mail.text.lines().find(|line| line.starts_with("Subject:"))).collect();
        assert_eq!(subjects.len(), 2, "an acknowledgement is no mail: {subjects:?}");
        assert!(
            subjects[0].starts_with("Subject: [Bad] churn: 12.0% of requests") && subjects[1].starts_with("Subject: [Resolved]"),
            "{subjects:?}"
        );
        let first = &mails[0];
        assert!(first.signed_in && first.from.contains("slipway@example.com") && first.to.len() == 2, "{first:?}");
        for part in ["Since: ", "How sure: ", "What to do", "/fleet/churn/latency?from"] {
            assert!(first.text.replace("=\r\n", "").contains(part), "{} lacks {part}", first.text);
        }
        let log = channels::deliveries(&cx, &engineer(), None).await.unwrap();
        assert_eq!(log[1].attempts[1].answer, "2.0.0 queued as 42");
    }
}
