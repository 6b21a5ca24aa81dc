//! People and tokens, for administrators and for oneself.

use crate::ids::{TokenId, UserId};
use crate::role::Role;
use crate::views::common::When;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserLine {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub created: When,
    pub last_signed_in: Option<When>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLine {
    pub id: TokenId,
    pub name: String,
    pub role: Role,
    pub owner: String,
    /// First characters, to tell tokens apart; never the token itself.
    pub prefix: String,
    pub created: When,
    pub last_used: Option<When>,
    pub expires: Option<When>,
    pub revoked: bool,
}

/// A token right after it was made: the only time its text is seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    pub id: TokenId,
    pub token: String,
    pub line: TokenLine,
}
