//! Protocol buffers' wire format, read in place: nothing is copied or allocated, so a hostile file cannot make us grow.
//!
//! A generated decoder builds the whole tree first, and two bytes on the wire can become a hundred in memory.

/// Why bytes are not a protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireError {
    /// A field is longer than what is left: `missing` bytes are not there.
    Truncated { missing: u64 },
    /// A number, tag or wire type that the format does not have.
    Malformed,
}

/// One field's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

impl<'a> Wire<'a> {
    pub fn bytes(self) -> Result<&'a [u8], WireError> {
        match self {
            Wire::Bytes(bytes) => Ok(bytes),
            _ => Err(WireError::Malformed),
        }
    }

    pub fn int(self) -> Result<i64, WireError> {
        match self {
            Wire::Varint(value) => Ok(value as i64),
            _ => Err(WireError::Malformed),
        }
    }

    /// Text, with what is not UTF-8 replaced.
    pub fn text(self) -> Result<String, WireError> {
        Ok(String::from_utf8_lossy(self.bytes()?).into_owned())
    }
}

/// Walks over the fields of one message.
#[derive(Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(WireError::Truncated { missing: 1 })?;
            self.rest = rest;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && low > 1 {
                return Err(WireError::Malformed);
            }
            value |= low << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::Malformed)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], WireError> {
        let have = self.rest.len() as u64;
        if length > have {
            return Err(WireError::Truncated { missing: length - have });
        }
        let (taken, rest) = self.rest.split_at(length as usize);
        self.rest = rest;
        Ok(taken)
    }

    fn field(&mut self) -> Result<(u32, Wire<'a>), WireError> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).map_err(|_| WireError::Malformed)?;
        if number == 0 {
            return Err(WireError::Malformed);
        }
        let value = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => {
                let mut eight = [0; 8];
                eight.copy_from_slice(self.take(8)?);
                Wire::Fixed64(u64::from_le_bytes(eight))
            }
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => {
                let mut four = [0; 4];
                four.copy_from_slice(self.take(4)?);
                Wire::Fixed32(u32::from_le_bytes(four))
            }
            _ => return Err(WireError::Malformed),
        };
        Ok((number, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Wire<'a>), WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// The integers of a repeated integer field, whether packed into one value or written one by one.
pub fn ints(value: Wire<'_>) -> Result<Vec<i64>, WireError> {
    match value {
        Wire::Varint(one) => Ok(vec![one as i64]),
        Wire::Bytes(packed) => {
            let mut reader = Fields::new(packed);
            let mut all = Vec::new();
            while !reader.rest.is_empty() {
                all.push(reader.varint()? as i64);
            }
            Ok(all)
        }
        _ => Err(WireError::Malformed),
    }
}

/// How many numbers a repeated field's value holds, without decoding them: `width` bytes each, or varints where it is `None`.
pub fn count(value: Wire<'_>, width: Option<usize>) -> u64 {
    match (value, width) {
        (Wire::Bytes(packed), Some(width)) => (packed.len() / width) as u64,
        (Wire::Bytes(packed), None) => packed.iter().filter(|&&byte| byte & 0x80 == 0).count() as u64,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<Result<(u32, Wire<'_>), WireError>> {
        Fields::new(bytes).collect()
    }

    #[test]
    fn fields_are_read() {
        assert_eq!(all(&[0x08, 0x96, 0x01]), vec![Ok((1, Wire::Varint(150)))]);
        assert_eq!(all(&[0x12, 2, b'h', b'i']), vec![Ok((2, Wire::Bytes(b"hi")))]);
        assert_eq!(all(&[0x1d, 1, 0, 0, 0]), vec![Ok((3, Wire::Fixed32(1)))]);
    }

    #[test]
    fn broken_bytes_are_named() {
        fn missing(bytes: &[u8]) -> Option<Result<(u32, Wire<'_>), WireError>> {
            all(bytes).pop()
        }
        assert_eq!(missing(&[0x12, 5, b'h']), Some(Err(WireError::Truncated { missing: 4 })));
        assert_eq!(missing(&[0x08, 0xff]), Some(Err(WireError::Truncated { missing: 1 })));
        assert_eq!(missing(&[0x0b]), Some(Err(WireError::Malformed)), "groups are not read");
        assert_eq!(missing(&[0x00, 0x00]), Some(Err(WireError::Malformed)), "there is no field 0");
        assert_eq!(missing(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), Some(Err(WireError::Malformed)));
        assert_eq!(
            missing(&[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
            Some(Err(WireError::Truncated { missing: u64::MAX }))
        );
    }

    #[test]
    fn repeated_numbers() {
        assert_eq!(ints(Wire::Bytes(&[1, 0x96, 0x01])), Ok(vec![1, 150]));
        assert_eq!(ints(Wire::Varint(7)), Ok(vec![7]));
        assert_eq!(count(Wire::Bytes(&[1, 0x96, 0x01]), None), 2);
        assert_eq!(count(Wire::Bytes(&[0; 12]), Some(4)), 3);
    }
}
