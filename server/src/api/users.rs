//! People.

use super::list::{List, Paging};
use super::take::{Ask, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use contract::inputs::CreateUser;
use contract::views::people::UserLine;
use control::{Ctx, identity};

pub async fn list_users(State(cx): State<Ctx>, Who(who): Who, Ask(paging): Ask<Paging>) -> Answer<Json<List<UserLine>>> {
    Ok(paging.page(identity::list_users(&cx, &who).await?)?)
}

pub async fn create_user(State(cx): State<Ctx>, Who(who): Who, Take(input): Take<CreateUser>) -> Answer<impl IntoResponse> {
    Ok((StatusCode::CREATED, Json(identity::create_user(&cx, &who, input).await?)))
}
