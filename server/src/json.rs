//! JSON bodies: read into a type, or what is wrong with them and at which field.

use serde::Deserialize;
use std::fmt;

/// Longest path that is told; a caller's own nesting may be any length.
const LONGEST: usize = 120;

/// Why a body is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The field, as in `inputs[0].shape`; `None` where it is the body as a whole.
    pub field: Option<String>,
    pub why: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

/// Reads `bytes`. A body that is right is read once; one that is not is read again to find out where it is wrong.
pub fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Misfit> {
    serde_json::from_slice(bytes).map_err(|error| {
        let again: Result<T, _> = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(bytes));
        let field = again.err().map(|error| error.path().to_string()).filter(|path| path != "." && path.len() <= LONGEST);
        Misfit { field, why: error.to_string() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;

    #[derive(Debug, Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        _inputs: Vec<Input<'a>>,
    }

    #[derive(Debug, Deserialize)]
    struct Input<'a> {
        _shape: Vec<i64>,
        #[serde(borrow)]
        _data: Option<&'a RawValue>,
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        for (body, said) in [
            (r#"{"_inputs":[{"_shape":[1,"x"]}]}"#, "_inputs[0]._shape[1]: invalid type: string \"x\""),
            (r#"{"_inputs":[{"_shape":[],"_data":[1]},{}]}"#, "_inputs[1]: missing field `_shape`"),
            (r#"{"_inputs":[{"_shape":[],"_data":[1}]}"#, "_inputs[0]._data: "),
            (r#"{"_inputs":5}"#, "_inputs: invalid type"),
            ("{}", "missing field `_inputs`"),
            ("", "EOF"),
            ("[", "EOF"),
        ] {
            let misfit = parse::<Body<'_>>(body.as_bytes()).expect_err(body).to_string();
            assert!(misfit.starts_with(said), "{body}: {misfit}");
        }
        assert!(parse::<Body<'_>>(br#"{"_inputs":[{"_shape":[1],"_data":[[1]]}]}"#).is_ok());
    }
}
