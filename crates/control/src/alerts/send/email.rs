//! Mail by SMTP: plain text, one message for all who get it, threaded by alert.

use super::{LIMIT, Line, Said, beginning, guard, since};
use contract::alerting::{AlertEvent, AlertMessage, ChannelTarget, MailSecurity};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Mailboxes};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Message, SmtpTransport, Transport};
use std::net::{IpAddr, ToSocketAddrs};
use std::time::{Duration, UNIX_EPOCH};

/// Who gets it and who sends it; `Err` is the field that is wrong, and why.
pub fn check(target: &ChannelTarget) -> Result<(Mailbox, Mailboxes), (&'static str, String)> {
    let from = target.from.trim().parse::<Mailbox>().map_err(|error| ("from", format!("The sender is no address: {error}.")))?;
    let to = target
        .to
        .trim()
        .parse::<Mailboxes>()
        .map_err(|error| ("to", format!("Who gets it is no list of addresses: {error}.")))?;
    if to.iter().next().is_none() {
        return Err(("to", "Somebody has to get it: name at least one address.".into()));
    }
    if to.iter().count() > 50 {
        return Err(("to", "At most 50 addresses; for more, use a list of your mail server.".into()));
    }
    Ok((from, to))
}

pub fn send(line: &Line, message: &AlertMessage) -> Said {
    let mail = match mail(line, message) {
        Ok(mail) => mail,
        Err(why) => return Said::failed("not sent", why),
    };
    let transport = match transport(line) {
        Ok(transport) => transport,
        Err(said) => return said,
    };
    match transport.send(&mail) {
        Ok(response) => {
            let answer: Vec<&str> = response.message().collect();
            Said {
                delivered: response.is_positive(),
                status: response.code().to_string(),
                answer: super::shortened(&answer.join(" ")),
                gone: false,
                retry_after_s: None,
            }
        }
        Err(error) => {
            let status = match error.status() {
                Some(code) => code.to_string(),
                None if error.is_timeout() => "timed out".into(),
                None if error.is_tls() => "TLS failed".into(),
                None => "not reached".into(),
            };
            Said::failed(status, format!("{error}."))
        }
    }
}

/// Connects to an address that was checked, under the name of the server.
fn transport(line: &Line) -> Result<SmtpTransport, Said> {
    let ChannelTarget { host, port, security, user, .. } = &line.target;
    let port = port.unwrap_or(security.port());
    let address = address(line, host, port)?;
    let tls = |host: &str| TlsParameters::new(host.to_owned()).map_err(|error| Said::failed("TLS failed", format!("{error}.")));
    let tls = match security {
        MailSecurity::Starttls => Tls::Required(tls(host)?),
        MailSecurity::Tls => Tls::Wrapper(tls(host)?),
        MailSecurity::None => Tls::None,
    };
    let mut builder = SmtpTransport::builder_dangerous(address.to_string())
        .port(port)
        .tls(tls)
        .hello_name(ClientId::Domain("slipway".into()))
        .timeout(Some(LIMIT));
    if !user.is_empty() {
        builder = builder.credentials(Credentials::new(user.clone(), line.secret.clone()));
    }
    Ok(builder.build())
}

fn address(line: &Line, host: &str, port: u16) -> Result<IpAddr, Said> {
    let found = (host, port).to_socket_addrs().map_err(|error| Said::failed("no such host", format!("{host}: {error}.")))?;
    let mut refused = None;
    for address in found {
        match guard::check(address.ip(), line.outbound) {
            Ok(()) => return Ok(address.ip()),
            Err(why) => refused = Some(why),
        }
    }
    Err(match refused {
        Some(why) => Said::failed("not allowed", format!("{host} leads to {why}, where messages are not sent.")),
        None => Said::failed("no such host", format!("{host} has no address.")),
    })
}

fn mail(line: &Line, message: &AlertMessage) -> Result<Message, String> {
    let (from, to) = check(&line.target).map_err(|(_, why)| why)?;
    let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(line.at.0).unwrap_or(0));
    // The first message of an alert is what later ones answer, so that mail programs show them as one conversation.
    let thread = (!message.alert.as_str().is_empty()).then(|| format!("<alert.{}@slipway>", message.alert));
    let mut mail = Message::builder()
        .from(from)
        .mailbox(lettre::message::header::To::from(to))
        .subject(format!("[{}] {}: {}", beginning(message), message.deployment, message.headline).replace(['\r', '\n'], " "))
        .date(now)
        .message_id(Some(format!("<{}@slipway>", line.delivery)));
    if let Some(thread) = thread {
        mail = mail.references(thread.clone()).in_reply_to(thread);
    }
    mail.header(ContentType::TEXT_PLAIN).body(text(message)).map_err(|error| format!("The message cannot be written: {error}."))
}

fn text(message: &AlertMessage) -> String {
    let mut lines = vec![message.headline.clone(), message.sentence.clone(), String::new()];
    lines.push(format!("Since: {}", since(message)));
    if !message.sure.is_empty() {
        lines.push(format!("How sure: {}", message.sure));
    }
    if let Some(change) = &message.changed_before {
        let before = contract::time::span_words(message.since - change.at);
        lines.push(format!("Changed just before: {} ({}, {before} before)", change.text, change.who));
    }
    if message.event.calls() && message.event != AlertEvent::Test {
        lines.extend([String::new(), "What to do".into(), message.runbook.clone()]);
        if !message.runbook_url.is_empty() {
            lines.push(message.runbook_url.clone());
        }
    }
    if !message.acknowledged_by.is_empty() {
        lines.push(format!("Acknowledged by: {}", message.acknowledged_by));
    }
    lines.extend([String::new(), format!("Chart: {}", message.chart_url), format!("Alert: {}", message.alert_url)]);
    lines.push(format!("Slipway, {}", message.environment));
    lines.join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::send::Outbound;
    use crate::alerts::send::tests::message;
    use contract::Millis;
    use contract::alerting::ChannelKind;

    fn target() -> ChannelTarget {
        ChannelTarget {
            to: "oncall@example.com, Ada <ada@example.com>".into(),
            from: "Slipway <slipway@example.com>".into(),
            host: "mail.example.com".into(),
            ..ChannelTarget::default()
        }
    }

    #[test]
    fn a_mail_reads_as_one() {
        let line = Line {
            kind: ChannelKind::Email,
            target: target(),
            secret: String::new(),
            outbound: Outbound::default(),
            delivery: "d1".into(),
            at: Millis::parse("2026-03-17T14:20:00Z").unwrap(),
        };
        let mut said = message(AlertEvent::Triggered);
        said.headline = "One\r\nBcc: x@example.com".into();
        let mail = String::from_utf8(mail(&line, &said).unwrap().formatted()).unwrap();
        for part in [
            "To: oncall@example.com, \"Ada\" <ada@example.com>",
            "Message-ID: <d1@slipway>",
            "References: <alert.a1@slipway>",
            "Date: Tue, 17 Mar 2026 14:20:00 +0000",
        ] {
            assert!(mail.contains(part) || mail.contains(&part.replace('"', "")), "{mail}\nlacks {part}");
        }
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("\nBcc:"), "a headline adds no header: {head}");
    }

    #[test]
    fn addresses_are_checked_by_field() {
        assert!(check(&target()).is_ok());
        for (bad, field) in [
            (ChannelTarget { from: "nobody".into(), ..target() }, "from"),
            (ChannelTarget { to: "a@b@c".into(), ..target() }, "to"),
            (ChannelTarget { to: " ".into(), ..target() }, "to"),
        ] {
            assert_eq!(check(&bad).unwrap_err().0, field, "{bad:?}");
        }
    }
}
