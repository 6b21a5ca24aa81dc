//! Tokens of programs.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::shared::Shared;
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use contract::TokenId;
use contract::inputs::CreateToken;
use contract::views::people::TokenLine;
use control::{Ctx, identity};

pub async fn list_tokens(State(cx): State<Ctx>, Who(who): Who, Ask(paging): Ask<Paging>) -> Answer<Json<List<TokenLine>>> {
    Ok(paging.page(identity::list_tokens(&cx, &who).await?)?)
}

/// The only answer that shows the token's text.
pub async fn create_token(State(cx): State<Ctx>, Who(who): Who, Take(input): Take<CreateToken>) -> Answer<impl IntoResponse> {
    Ok((StatusCode::CREATED, Json(identity::create_token(&cx, &who, input).await?)))
}

pub async fn revoke_token(State(shared): State<Shared>, Who(who): Who, At(id): At<TokenId>) -> Answer<StatusCode> {
    identity::revoke_token(&shared.cx, &who, &id).await?;
    shared.tokens.forget();
    Ok(StatusCode::NO_CONTENT)
}
