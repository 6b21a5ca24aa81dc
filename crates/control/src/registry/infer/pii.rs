//! A guess at personal data, from a feature's name and its values. A guess raises a question early; a person answers it.

use crate::datasets::ColumnProfile;
use contract::spec::Pii;

const SENSITIVE: [&str; 18] = [
    "gender",
    "sex",
    "race",
    "ethnicity",
    "ethnic",
    "religion",
    "religious",
    "health",
    "diagnosis",
    "disability",
    "disabled",
    "nationality",
    "orientation",
    "political",
    "union",
    "pregnant",
    "biometric",
    "genetic",
];
const DIRECT: [&str; 20] = [
    "email",
    "mail",
    "phone",
    "telephone",
    "mobile",
    "msisdn",
    "surname",
    "lastname",
    "firstname",
    "fullname",
    "iban",
    "ssn",
    "passport",
    "address",
    "street",
    "ip",
    "licence",
    "username",
    "login",
    "imei",
];
/// Last words of a name that are about the thing before them: the plan of a phone, the count of logins.
const ABOUT: [&str; 26] = [
    "plan",
    "count",
    "counts",
    "service",
    "services",
    "message",
    "messages",
    "minutes",
    "calls",
    "changes",
    "type",
    "kind",
    "provider",
    "brand",
    "verified",
    "confirmed",
    "opens",
    "clicks",
    "attempts",
    "usage",
    "lines",
    "charge",
    "charges",
    "days",
    "enabled",
    "subscribed",
];
/// Words that make a following “name” a person's.
const WHOSE: [&str; 10] = ["first", "last", "full", "middle", "family", "maiden", "customer", "person", "client", "patient"];
const INDIRECT: [&str; 21] = [
    "birth",
    "birthday",
    "birthdate",
    "dob",
    "age",
    "postcode",
    "postal",
    "zip",
    "zipcode",
    "plz",
    "city",
    "latitude",
    "longitude",
    "lat",
    "lon",
    "lng",
    "salary",
    "income",
    "occupation",
    "marital",
    "citizenship",
];

/// The strictest class that the name or most of the values suggest.
pub fn guess(name: &str, profile: Option<&ColumnProfile>) -> Pii {
    let words = words(name);
    let about = words.last().is_some_and(|last| ABOUT.contains(&last.as_str()));
    let asks = words.first().is_some_and(|first| ["has", "is"].contains(&first.as_str()));
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let pair = |a: &str, b: &str| words.windows(2).any(|two| two[0] == a && two[1] == b);
    if has(&SENSITIVE) {
        return Pii::Sensitive;
    }
    let names_somebody = words == ["name"] || WHOSE.iter().any(|whose| pair(whose, "name"));
    // A mailbox that speaks is no address.
    let direct = if pair("voice", "mail") {
        words.iter().any(|word| word != "mail" && DIRECT.contains(&word.as_str()))
    } else {
        has(&DIRECT)
    };
    let points = direct || pair("account", "number") || pair("card", "number");
    if names_somebody || (points && !about && !asks) {
        return Pii::Direct;
    }
    if let Some(profile) = profile.filter(|profile| !profile.numeric && !profile.frequent.is_empty()) {
        let share =
            |is: fn(&str) -> bool| profile.frequent.iter().filter(|(value, _)| is(value)).count() * 2 > profile.frequent.len();
        if share(is_email) || share(is_phone) || share(is_iban) {
            return Pii::Direct;
        }
        if profile
            .frequent
            .iter()
            .all(|(value, _)| matches!(value.to_lowercase().as_str(), "male" | "female" | "m" | "f" | "w" | "diverse" | "other"))
            && profile.distinct >= 2
        {
            return Pii::Sensitive;
        }
        if share(is_date_of_birth) && has(&["date"]) {
            return Pii::Indirect;
        }
    }
    if has(&INDIRECT) || pair("area", "code") || pair("post", "code") || pair("zip", "code") { Pii::Indirect } else { Pii::None }
}

/// `lastName`, `last_name` and `last-name` are `last`, `name`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for letter in name.chars() {
        let starts = letter.is_uppercase() && lower;
        lower = letter.is_lowercase();
        if !letter.is_alphabetic() || starts {
            words.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_email(value: &str) -> bool {
    value.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !value.contains(' '))
}

fn is_phone(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    (7..=15).contains(&digits)
        && value.contains(['+', ' ', '-', '/', '('])
        && value.chars().all(|c| c.is_ascii_digit() || "+-/() .".contains(c))
        && !is_date_of_birth(value)
}

fn is_iban(value: &str) -> bool {
    let text: String = value.chars().filter(|c| *c != ' ').collect();
    let b = text.as_bytes();
    (15..=34).contains(&b.len())
        && b[..2].iter().all(u8::is_ascii_uppercase)
        && b[2..4].iter().all(u8::is_ascii_digit)
        && b.iter().all(u8::is_ascii_alphanumeric)
}

/// A day between 1900 and 2029, year first.
fn is_date_of_birth(value: &str) -> bool {
    let b = value.as_bytes();
    b.len() == 10 && b[4] == b'-' && b[7] == b'-' && (value.starts_with("19") || value.starts_with("20"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::{parse, profile};

    #[test]
    fn names_and_values_tell() {
        for (name, values, found) in [
            ("email", "x", Pii::Direct),
            ("lastName", "x", Pii::Direct),
            ("customer_name", "x", Pii::Direct),
            ("plan_name", "gold", Pii::None),
            ("contact", "a@b.org\nc@d.org", Pii::Direct),
            ("contact", "+49 30 1234567\n030/7654321", Pii::Direct),
            ("acc", "DE89370400440532013000", Pii::Direct),
            ("age_years", "41\n42", Pii::Indirect),
            ("area_code", "area_code_408", Pii::Indirect),
            ("Sex", "x", Pii::Sensitive),
            ("col7", "male\nfemale", Pii::Sensitive),
            ("number_vmail_messages", "3\n4", Pii::None),
            ("voice_mail_plan", "yes\nno", Pii::None),
            ("VoiceMail", "yes\nno", Pii::None),
            ("voice_mail", "a@b.org\nc@d.org", Pii::Direct),
            ("voice_mail_phone", "x", Pii::Direct),
            ("e-mail", "x", Pii::Direct),
            ("customer_mail", "x", Pii::Direct),
            ("mail_address", "x", Pii::Direct),
            ("mail_count", "3\n4", Pii::None),
            ("mailing_days", "3\n4", Pii::None),
            ("PhoneService", "yes\nno", Pii::None),
            ("phone_number", "x", Pii::Direct),
            ("phoneme", "x", Pii::None),
            ("has_phone", "yes\nno", Pii::None),
            ("login", "x", Pii::Direct),
            ("login_attempts", "3\n4", Pii::None),
            ("ip", "x", Pii::Direct),
            ("zip_type", "a\nb", Pii::Indirect),
            ("shipment", "x", Pii::None),
            ("health_plan", "a\nb", Pii::Sensitive),
            ("total_day_minutes", "265.1", Pii::None),
            ("weathersit", "clear\nrain", Pii::None),
            ("day", "2026-03-17\n2026-03-18", Pii::None),
        ] {
            let table = parse(format!("{name}\n{values}\n").as_bytes()).unwrap();
            assert_eq!(guess(name, profile(&table).first()), found, "{name}: {values}");
        }
    }
}
