//! The lowest floor: axum takes a body and gives it back. No server that speaks HTTP this way is faster.

use axum::Router;
use axum::routing::post;
use bytes::Bytes;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let limit = axum::extract::DefaultBodyLimit::max(64 << 20);
    let echo = Router::new().route("/v2/models/{model}/infer", post(|body: Bytes| async { body })).layer(limit);
    Ok(axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))), echo).await?)
}
