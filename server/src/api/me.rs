//! Who the caller is.

use crate::web::who::Who;
use axum::Json;
use contract::Role;
use serde::Serialize;

#[derive(Serialize)]
pub struct Me {
    id: String,
    name: String,
    role: Role,
}

pub async fn show_me(Who(who): Who) -> Json<Me> {
    Json(Me { id: who.id, name: who.name, role: who.role })
}
