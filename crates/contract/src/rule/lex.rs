//! From the text of a rule to its words.

use super::RuleError;

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(f64),
    Text(String),
    /// A plain word: a feature's name, or one of [`RESERVED`].
    Word(String),
    /// A name in backticks, never reserved.
    Name(String),
    /// One of `( ) , + - * / = != < <= > >=`.
    Sign(&'static str),
    End,
}

/// Words with a meaning; a feature of such a name is written in backticks.
pub const RESERVED: [&str; 12] = ["if", "then", "else", "score", "and", "or", "not", "in", "is", "missing", "true", "false"];

/// Longer ones first. The second is what is meant: `==` is read as `=`.
const SIGNS: [(&str, &str); 15] = [
    ("!=", "!="),
    ("<>", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("==", "="),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("(", "("),
    (")", ")"),
    (",", ","),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
];

impl Token {
    /// For “expected …, got …”.
    pub fn words(&self) -> String {
        match self {
            Token::Number(number) => super::print::number(*number),
            Token::Text(text) => format!("the text “{}”", text.chars().take(40).collect::<String>()),
            Token::Word(word) | Token::Name(word) => format!("“{}”", word.chars().take(40).collect::<String>()),
            Token::Sign(sign) => format!("“{sign}”"),
            Token::End => "the end".into(),
        }
    }
}

pub fn starts_word(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

pub fn continues_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

/// All tokens with where they start; the last is [`Token::End`].
pub fn lex(text: &str) -> Result<Vec<(usize, Token)>, RuleError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            tokens.push((at, Token::End));
            return Ok(tokens);
        };
        let (token, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if matches!(first, '"' | '\'' | '`') {
            let (inside, length) =
                quoted(rest, first).ok_or_else(|| RuleError::new(at, format!("the {first} that opens here is never closed")))?;
            (if first == '`' { Token::Name(inside) } else { Token::Text(inside) }, length)
        } else if first.is_ascii_digit() {
            number(rest, at)?
        } else if starts_word(first) {
            let length = rest.find(|c| !continues_word(c)).unwrap_or(rest.len());
            (Token::Word(rest.get(..length).unwrap_or_default().to_owned()), length)
        } else if let Some((written, meant)) = SIGNS.iter().find(|(written, _)| rest.starts_with(written)) {
            (Token::Sign(meant), written.len())
        } else {
            return Err(RuleError::new(
                at,
                format!("“{first}” means nothing here; a name that is no plain word stands in `backticks`"),
            ));
        };
        tokens.push((at, token));
        at += length;
    }
}

/// What stands between two `quote`s, and the length with them. A doubled one stands for itself.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut inside = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((i, c)) = chars.next() {
        if c != quote {
            inside.push(c);
        } else if chars.next_if(|(_, next)| *next == quote).is_some() {
            inside.push(quote);
        } else {
            return Some((inside, i + quote.len_utf8()));
        }
    }
    None
}

/// `3`, `3.5`, `3.5e-2`
fn number(rest: &str, at: usize) -> Result<(Token, usize), RuleError> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    let written = rest.get(..length).unwrap_or_default();
    if rest.get(length..).is_some_and(|after| after.starts_with(continues_word)) {
        let end = rest.find(|c| !continues_word(c)).unwrap_or(rest.len());
        return Err(RuleError::new(at, format!("“{}” is neither a number nor a name", rest.get(..end).unwrap_or_default())));
    }
    match written.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((Token::Number(number), length)),
        _ => Err(RuleError::new(at, format!("“{written}” is beyond what a number can be"))),
    }
}
