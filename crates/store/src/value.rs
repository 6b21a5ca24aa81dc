//! The four column types that both engines agree on, as values to bind.

/// A value for a placeholder. Nulls carry their type, because Postgres asks for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Real(Option<f64>),
    Bytes(Option<Vec<u8>>),
}

macro_rules! from {
    ($($type:ty => $variant:ident, $value:ident, $convert:expr;)+) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                Value::$variant(Some($convert))
            }
        }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Value::$variant(value.map(|$value| $convert))
            }
        }
    )+};
}

from! {
    String => Text, v, v;
    &str => Text, v, v.to_owned();
    &String => Text, v, v.clone();
    i64 => Int, v, v;
    i32 => Int, v, i64::from(v);
    u32 => Int, v, i64::from(v);
    u64 => Int, v, i64::try_from(v).unwrap_or(i64::MAX);
    usize => Int, v, i64::try_from(v).unwrap_or(i64::MAX);
    bool => Int, v, i64::from(v);
    f64 => Real, v, v;
    Vec<u8> => Bytes, v, v;
    &[u8] => Bytes, v, v.to_vec();
    contract::Millis => Int, v, v.0;
    contract::VersionNo => Int, v, i64::from(v.0);
}

macro_rules! from_id {
    ($($id:ident),+ $(,)?) => {$(
        impl From<contract::$id> for Value {
            fn from(id: contract::$id) -> Self {
                Value::Text(Some(id.0))
            }
        }
        impl From<&contract::$id> for Value {
            fn from(id: &contract::$id) -> Self {
                Value::Text(Some(id.0.clone()))
            }
        }
        impl From<Option<contract::$id>> for Value {
            fn from(id: Option<contract::$id>) -> Self {
                Value::Text(id.map(|id| id.0))
            }
        }
    )+};
}

from_id!(
    ModelName,
    DeploymentName,
    UserId,
    TokenId,
    DatasetId,
    ApprovalId,
    RolloutId,
    AlertId,
    ChannelId,
    DeliveryId,
    SilenceId,
    EventId,
    IncidentId,
    GateRunId,
    ReportId,
    JobId,
    PredictionId,
    BlobHash
);

/// `args![a, b, c]`: the values of `$1`, `$2`, `$3`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}
