//! Walks a tensor's `data`, flat or nested, straight from the JSON text: one pass, no tree, bounded depth.

/// Deepest nesting that is read.
const DEEPEST: usize = 100;

/// One element of `data`. Numbers and texts are slices of the request; a text still has its quotes and escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    Number(&'a str),
    Text(&'a str),
    Bool(bool),
    Null,
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // An element may be megabytes long; an error message may not.
            Token::Number(text) | Token::Text(text) => f.write_str(&text.chars().take(40).collect::<String>()),
            Token::Bool(value) => write!(f, "{value}"),
            Token::Null => f.write_str("null"),
        }
    }
}

/// Calls `each` for every element in row-major order and returns the lengths of the nested arrays, outermost first.
///
/// `text` must be valid JSON (it comes out of a JSON parser). Errors: not an array, an object inside, rows of different
/// lengths, or arrays and elements side by side.
pub fn flatten<'a>(text: &'a str, mut each: impl FnMut(Token<'a>) -> Result<(), String>) -> Result<Vec<usize>, String> {
    let bytes = text.as_bytes();
    let mut dims: Vec<Option<usize>> = Vec::new();
    // Children seen so far in each open array.
    let mut open: Vec<usize> = Vec::new();
    // Depth at which elements lie, once the first was seen.
    let mut leaf: Option<usize> = None;
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let token = match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'[' => {
                if leaf.is_some_and(|depth| open.len() >= depth) {
                    return Err("\"data\" mixes arrays and elements".into());
                }
                if let Some(children) = open.last_mut() {
                    *children += 1;
                }
                open.push(0);
                if open.len() > DEEPEST {
                    return Err(format!("\"data\" is nested more than {DEEPEST} deep"));
                }
                if dims.len() < open.len() {
                    dims.push(None);
                }
                at += 1;
                continue;
            }
            b']' => {
                let Some(children) = open.pop() else {
                    return Err("\"data\" is not an array".into());
                };
                let known = &mut dims[open.len()];
                match *known {
                    Some(length) if length != children => {
                        return Err(format!("\"data\" has rows of different lengths ({length} and {children})"));
                    }
                    _ => *known = Some(children),
                }
                at += 1;
                continue;
            }
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
                Token::Text(text.get(start..at).ok_or("\"data\" holds an unfinished text")?)
            }
            b't' => {
                at += 4;
                Token::Bool(true)
            }
            b'f' => {
                at += 5;
                Token::Bool(false)
            }
            b'n' => {
                at += 4;
                Token::Null
            }
            b'-' | b'0'..=b'9' => {
                while at < bytes.len() && matches!(bytes[at], b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') {
                    at += 1;
                }
                Token::Number(&text[start..at])
            }
            _ => return Err("\"data\" may only hold numbers, texts, true, false, null and arrays of them".into()),
        };
        let Some(children) = open.last_mut() else {
            return Err("\"data\" is not an array".into());
        };
        *children += 1;
        if *leaf.get_or_insert(open.len()) != open.len() {
            return Err("\"data\" mixes arrays and elements".into());
        }
        each(token)?;
    }
    if dims.is_empty() || !open.is_empty() {
        return Err("\"data\" is not an array".into());
    }
    Ok(dims.into_iter().map(|length| length.unwrap_or(0)).collect())
}

/// Whether nested lengths say the same as `shape`; flat data and dimensions of one say nothing.
pub fn agrees(nested: &[usize], shape: &[usize]) -> bool {
    let told = |dims: &[usize]| dims.iter().copied().filter(|&d| d != 1).collect::<Vec<_>>();
    nested.len() <= 1 || told(nested) == told(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(Vec<usize>, usize), String> {
        let mut count = 0;
        let dims = flatten(text, |_| {
            count += 1;
            Ok(())
        })?;
        Ok((dims, count))
    }

    #[test]
    fn flat_and_nested() {
        assert_eq!(check("[1, 2.5,-3e2]"), Ok((vec![3], 3)));
        assert_eq!(check("[[1,2],[3,4],[5,6]]"), Ok((vec![3, 2], 6)));
        assert_eq!(check(r#"[["a\"]","b\\"],["",null]]"#), Ok((vec![2, 2], 4)));
        assert_eq!(check("[]"), Ok((vec![0], 0)));
        assert_eq!(check("[[],[]]"), Ok((vec![2, 0], 0)));
        assert_eq!(check("[true,false]"), Ok((vec![2], 2)));
    }

    #[test]
    fn what_is_no_tensor_is_refused() {
        for (text, part) in [
            ("5", "not an array"),
            ("\"x\"", "not an array"),
            ("[[1,2],[3]]", "different lengths"),
            ("[1,[2]]", "mixes"),
            ("[[1],2]", "mixes"),
            ("[{}]", "may only hold"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        let deep = format!("{}1{}", "[".repeat(101), "]".repeat(101));
        assert!(check(&deep).unwrap_err().contains("nested more than"));
    }

    #[test]
    fn nesting_must_say_what_the_shape_says() {
        for (nested, shape, agree) in [
            (vec![6], vec![2, 3], true),
            (vec![2, 3], vec![2, 3], true),
            (vec![2, 3], vec![2, 1, 3], true),
            (vec![3, 2], vec![2, 3], false),
            (vec![2, 0], vec![2, 0], true),
        ] {
            assert_eq!(agrees(&nested, &shape), agree, "{nested:?} {shape:?}");
        }
    }
}
