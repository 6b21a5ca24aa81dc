//! Whether a channel can be meant: pure, every field that is wrong with its reason.

use crate::alerts::send::{Outbound, check_literal, check_mail, is_plain_text_allowed, key};
use contract::alerting::{ChannelKind, ChannelTarget, MailSecurity, SaveChannel};
use contract::{FieldError, Problem};

/// What is kept of an input: the target without what its kind has no use for, and the secret (empty: it stays as it was).
pub fn check(input: &SaveChannel, outbound: Outbound, has_secret: bool) -> Result<(ChannelTarget, String), Problem> {
    let mut errors: Vec<FieldError> = Vec::new();
    let mut wrong = |field: &str, message: String| errors.push(FieldError { field: field.into(), message });
    let name = input.name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        wrong("name", "A channel has a name of 1 to 60 letters, to tell it from others.".into());
    }
    let (given, secret) = (&input.target, input.secret.trim());
    let mut target = ChannelTarget::default();
    match input.kind {
        ChannelKind::Webhook => {
            target.url = given.url.trim().into();
            if let Err(why) = address(&target.url, outbound) {
                wrong("url", why);
            }
            if !secret.is_empty()
                && let Err(why) = key(secret)
            {
                wrong("secret", why);
            }
        }
        ChannelKind::Slack => {
            if secret.is_empty() && !has_secret {
                wrong("secret", "Paste the address of the incoming webhook that Slack gave you.".into());
            } else if !secret.is_empty() && address(secret, outbound).is_err() {
                // Without the text: what is said of a field ends up in addresses and logs.
                wrong(
                    "secret",
                    "That is no address that messages are posted to: it looks like https://hooks.slack.com/services/….".into(),
                );
            }
        }
        ChannelKind::Pagerduty => {
            target.url = given.url.trim().trim_end_matches('/').into();
            if !target.url.is_empty()
                && let Err(why) = address(&target.url, outbound)
            {
                wrong("url", why);
            }
            if secret.is_empty() && !has_secret {
                wrong("secret", "Paste the integration key (routing key) of the service's Events API v2 integration.".into());
            } else if !secret.is_empty() && !secret.chars().all(|c| c.is_ascii_alphanumeric()) {
                wrong("secret", "A routing key has letters and digits only.".into());
            }
        }
        ChannelKind::Email => {
            target = mail(given);
            mail_errors(&target, outbound, &mut wrong);
            if !target.user.is_empty() && secret.is_empty() && !has_secret {
                wrong("secret", "Whoever signs in at the mail server needs a password.".into());
            }
        }
    }
    match errors.first() {
        None => Ok((target, secret.to_owned())),
        Some(first) => Err(Problem { errors: errors.clone(), ..Problem::invalid(first.message.clone()) }),
    }
}

fn mail(given: &ChannelTarget) -> ChannelTarget {
    ChannelTarget {
        url: String::new(),
        to: given.to.trim().into(),
        from: given.from.trim().into(),
        host: given.host.trim().into(),
        port: given.port.filter(|port| *port != 0),
        security: given.security,
        user: given.user.trim().into(),
    }
}

fn mail_errors(target: &ChannelTarget, outbound: Outbound, wrong: &mut impl FnMut(&str, String)) {
    if let Err((field, why)) = check_mail(target) {
        wrong(field, why);
    }
    let host = &target.host;
    if host.is_empty() || host.contains(['/', '@', ' ']) {
        wrong("host", "Name the mail server, as in smtp.example.com.".into());
    } else if let Err(why) = check_literal(host, outbound) {
        wrong("host", leads_to(host, why));
    }
    if target.security == MailSecurity::None && !is_plain_text_allowed(outbound) {
        wrong("security", "Mail in the clear is refused. An administrator can allow it with private_destinations.".into());
    }
}

/// `Err` says why messages are not posted to this address.
fn address(url: &str, outbound: Outbound) -> Result<(), String> {
    if url.is_empty() {
        return Err("Give the address to post to, as in https://example.com/hooks/slipway.".into());
    }
    let rest = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => rest,
        (None, Some(rest)) if is_plain_text_allowed(outbound) => rest,
        (None, Some(_)) => return Err("Messages are not sent in the clear: the address begins with https://. An administrator can allow http:// with private_destinations.".into()),
        (None, None) => return Err(format!("“{url}” is no web address: it begins with https://.")),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("An address with a password in it is refused: everybody who sees the channel would see it.".into());
    }
    if url.len() > 2_000 || url.parse::<ureq::http::Uri>().is_err() || authority.is_empty() || url.contains(char::is_whitespace) {
        return Err(format!("“{url}” is no web address."));
    }
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    check_literal(host, outbound).map_err(|why| leads_to(host, why))
}

fn leads_to(host: &str, why: &str) -> String {
    format!(
        "{host} is {why}, where messages are not sent. An administrator can allow private networks with private_destinations."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(kind: ChannelKind) -> SaveChannel {
        SaveChannel {
            name: "ops".into(),
            kind,
            target: ChannelTarget {
                url: if matches!(kind, ChannelKind::Webhook) { "https://hooks.example/x".into() } else { String::new() },
                to: "a@example.com".into(),
                from: "b@example.com".into(),
                host: "mail.example.com".into(),
                ..ChannelTarget::default()
            },
            secret: match kind {
                ChannelKind::Slack => "https://hooks.slack.example/services/x".into(),
                ChannelKind::Pagerduty => "R0123456789".into(),
                _ => String::new(),
            },
            ..SaveChannel::default()
        }
    }

    #[test]
    fn good_channels_keep_what_their_kind_needs() {
        for kind in ChannelKind::ALL {
            let (target, _) = check(&channel(kind), Outbound::default(), false).unwrap();
            assert_eq!(target.host.is_empty(), kind != ChannelKind::Email, "{kind:?}");
        }
    }

    #[test]
    fn nonsense_is_named_by_its_field() {
        let with = |kind, change: fn(&mut SaveChannel)| {
            let mut input = channel(kind);
            change(&mut input);
            input
        };
        use ChannelKind::*;
        for (input, field) in [
            (with(Webhook, |c| c.name = " ".into()), "name"),
            (with(Webhook, |c| c.target.url = String::new()), "url"),
            (with(Webhook, |c| c.target.url = "ftp://x".into()), "url"),
            (with(Webhook, |c| c.target.url = "http://hooks.example".into()), "url"),
            (with(Webhook, |c| c.target.url = "https://127.0.0.1/x".into()), "url"),
            (with(Webhook, |c| c.target.url = "https://[::1]:99/x".into()), "url"),
            (with(Webhook, |c| c.target.url = "https://169.254.169.254/latest".into()), "url"),
            (with(Webhook, |c| c.target.url = "https://user:pw@hooks.example/".into()), "url"),
            (with(Webhook, |c| c.target.url = "https://hooks.example/a b".into()), "url"),
            (with(Webhook, |c| c.secret = "short".into()), "secret"),
            (with(Slack, |c| c.secret = String::new()), "secret"),
            (with(Slack, |c| c.secret = "xoxb-1".into()), "secret"),
            (with(Pagerduty, |c| c.secret = String::new()), "secret"),
            (with(Pagerduty, |c| c.target.url = "https://10.0.0.1".into()), "url"),
            (with(Email, |c| c.target.to = "nobody".into()), "to"),
            (with(Email, |c| c.target.host = "10.0.0.1".into()), "host"),
            (with(Email, |c| c.target.security = MailSecurity::None), "security"),
            (with(Email, |c| c.target.user = "me".into()), "secret"),
        ] {
            assert_eq!(check(&input, Outbound::default(), false).unwrap_err().errors[0].field, field, "{input:?}");
        }
        let near = Outbound { private: true };
        assert!(check(&with(Webhook, |c| c.target.url = "http://127.0.0.1:99/x".into()), near, false).is_ok());
        assert!(check(&with(Webhook, |c| c.target.url = "http://169.254.169.254/".into()), near, false).is_err());
        assert!(check(&with(Slack, |c| c.secret = String::new()), Outbound::default(), true).is_ok(), "it stays as it was");
    }
}
