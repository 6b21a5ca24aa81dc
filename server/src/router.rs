//! Every address of the server, on one page.
//!
//! Three groups with different surroundings: inference (nothing around it but the handler), programs (`/api/v1`: token or
//! session, problems), and pages (sessions, Leptos, the site's files).

use crate::api::{
    self, alerts, approvals, audit, channels, datasets, deployments, events, gates, incidents, me, models, monitoring, monitors,
    outcomes, predict, reports, rollouts, silences, stream, tokens, users, versions,
};
use crate::meters::show_metrics;
use crate::oip::{self, infer, metadata, repository, stats};
use crate::shared::Shared;
use crate::web::{headers, origin, pages, request_id, sessions, site, typed, upload};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post, put};
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower_http::catch_panic::CatchPanicLayer;

pub fn router(shared: Shared) -> Router {
    let limit = DefaultBodyLimit::max(shared.config.body_limit);
    let sessions = sessions::layer(shared.cx.clone(), &shared.config);
    let inference = inference().layer(limit);
    let programs =
        programs().layer(from_fn_with_state(shared.clone(), api::idempotency::once)).layer(sessions.clone()).layer(limit);
    let pages = pages(&shared).layer(from_fn(typed::kept)).layer(sessions).layer(from_fn(origin::same_origin)).layer(limit);
    let around = programs
        .merge(pages)
        .layer(CatchPanicLayer::custom(headers::panicked))
        .layer(from_fn(headers::security_headers))
        .layer(from_fn_with_state(shared.clone(), request_id::request_id));
    inference.merge(around).with_state(shared)
}

/// The Open Inference Protocol, and plain records.
fn inference() -> Router<Shared> {
    let protocol = Router::new()
        .route("/v2", get(metadata::show_server))
        .route("/v2/", get(metadata::show_server))
        .route("/v2/health/live", get(metadata::show_live))
        .route("/v2/health/ready", get(metadata::show_ready))
        .route("/v2/models", get(metadata::list_models))
        .route("/v2/models/stats", get(stats::show_all_stats))
        .route("/v2/models/{model}", get(metadata::show_model))
        .route("/v2/models/{model}/ready", get(metadata::show_model_ready))
        .route("/v2/models/{model}/config", get(metadata::show_config))
        .route("/v2/models/{model}/stats", get(stats::show_stats))
        .route("/v2/models/{model}/infer", post(infer::infer))
        .route("/v2/models/{model}/versions/{version}", get(metadata::show_model))
        .route("/v2/models/{model}/versions/{version}/ready", get(metadata::show_model_ready))
        .route("/v2/models/{model}/versions/{version}/config", get(metadata::show_config))
        .route("/v2/models/{model}/versions/{version}/stats", get(stats::show_stats))
        .route("/v2/models/{model}/versions/{version}/infer", post(infer::infer))
        .route("/v2/repository/index", post(repository::list_repository))
        .route("/v2/repository/models/{model}/load", post(repository::load_model))
        .route("/v2/repository/models/{model}/unload", post(repository::unload_model))
        .route("/v2/{*rest}", any(oip::nothing::unknown_path))
        .method_not_allowed_fallback(oip::nothing::wrong_method)
        .layer(CatchPanicLayer::custom(oip::nothing::panicked));
    let records = Router::new()
        .route("/api/v1/deployments/{name}/predict", post(predict::predict_records))
        .route("/metrics", get(show_metrics))
        .method_not_allowed_fallback(api::nothing::wrong_method)
        .layer(CatchPanicLayer::custom(headers::panicked));
    protocol.merge(records)
}

/// Slipway's own interface.
fn programs() -> Router<Shared> {
    Router::new()
        .route("/api/v1/me", get(me::show_me))
        .route("/api/v1/models", get(models::list_models).post(models::create_model))
        .route("/api/v1/models/{m}", get(models::show_model))
        .route("/api/v1/models/{m}/aliases", get(models::list_aliases))
        .route("/api/v1/models/{m}/aliases/{alias}", put(models::set_alias).delete(models::delete_alias))
        .route("/api/v1/models/{m}/versions", get(versions::list_versions).post(versions::register_version))
        .route("/api/v1/models/{m}/versions/{v}", get(versions::show_version))
        .route("/api/v1/models/{m}/versions/{v}/file", get(versions::download_version))
        .route("/api/v1/models/{m}/versions/{v}/contract", get(versions::show_contract).put(versions::set_contract))
        .route("/api/v1/models/{m}/versions/{v}/datasets/{role}", post(versions::attach_dataset))
        .route("/api/v1/models/{m}/versions/{v}/gates", get(gates::show_gates).post(gates::run_gates))
        .route("/api/v1/models/{m}/versions/{v}/report", get(reports::show_explanation))
        .route("/api/v1/models/{m}/versions/{v}/explain", post(reports::explain_record))
        .route("/api/v1/fleet", get(monitoring::show_fleet))
        .route("/api/v1/deployments", get(deployments::list_deployments).post(deployments::create_deployment))
        .route("/api/v1/deployments/{d}", get(deployments::show_deployment).put(deployments::update_deployment))
        .route("/api/v1/deployments/{d}/overview", get(deployments::show_overview))
        .route("/api/v1/deployments/{d}/drift", get(monitoring::show_drift))
        .route("/api/v1/deployments/{d}/latency", get(monitoring::show_latency))
        .route("/api/v1/deployments/{d}/slo", get(monitoring::show_slo))
        .route("/api/v1/deployments/{d}/quality", get(monitoring::show_quality))
        .route("/api/v1/deployments/{d}/rollback", post(deployments::roll_back_deployment))
        .route("/api/v1/resources", get(monitoring::show_resources))
        .route("/api/v1/rollouts", get(rollouts::list_rollouts).post(rollouts::start_rollout))
        .route("/api/v1/rollouts/{id}", get(rollouts::show_rollout))
        .route("/api/v1/rollouts/{id}/acts", post(rollouts::drive_rollout))
        .route("/api/v1/approvals", get(approvals::list_approvals).post(approvals::request_promotion))
        .route("/api/v1/approvals/{id}", get(approvals::show_approval))
        .route("/api/v1/approvals/{id}/decisions", post(approvals::decide_approval))
        .route("/api/v1/approvals/{id}/withdraw", post(approvals::withdraw_approval))
        .route("/api/v1/datasets/compare", post(datasets::compare_datasets))
        .route("/api/v1/outcomes", post(outcomes::post_outcomes))
        .route("/api/v1/alerts", get(alerts::list_alerts))
        .route("/api/v1/alerts/{id}", get(alerts::show_alert))
        .route("/api/v1/alerts/{id}/acknowledge", post(alerts::acknowledge_alert))
        .route("/api/v1/incidents", get(incidents::list_incidents).post(incidents::open_incident))
        .route("/api/v1/incidents/{id}", get(incidents::show_incident).patch(incidents::describe_incident))
        .route("/api/v1/incidents/{id}/acts", post(incidents::drive_incident))
        .route("/api/v1/incidents/{id}/notes", post(incidents::note_incident))
        .route("/api/v1/incidents/{id}/people/{person}", put(incidents::assign_person).delete(incidents::remove_person))
        .route("/api/v1/incidents/{id}/postmortem.md", get(incidents::show_post_mortem))
        .route("/api/v1/events", get(events::list_events).post(events::post_event))
        .route("/api/v1/events/{id}", get(events::show_event))
        .route("/api/v1/monitors", get(monitors::list_monitors))
        .route("/api/v1/monitors/{d}/{monitor}", get(monitors::show_monitor).put(monitors::set_monitor))
        .route("/api/v1/monitors/{d}/{monitor}/backtest", post(monitors::backtest_monitor))
        .route("/api/v1/channels", get(channels::list_channels).post(channels::create_channel))
        .route(
            "/api/v1/channels/{id}",
            get(channels::show_channel).put(channels::update_channel).delete(channels::remove_channel),
        )
        .route("/api/v1/channels/{id}/test", post(channels::test_channel))
        .route("/api/v1/deliveries", get(channels::list_deliveries))
        .route("/api/v1/deliveries/{id}/redeliver", post(channels::redeliver))
        .route(
            "/api/v1/deployments/{d}/route",
            get(channels::show_route).put(channels::save_route).delete(channels::forget_route),
        )
        .route("/api/v1/silences", get(silences::list_silences).post(silences::create_silence))
        .route("/api/v1/silences/{id}", axum::routing::delete(silences::end_silence))
        .route("/api/v1/reports", post(reports::build_report))
        .route("/api/v1/reports/{id}", get(reports::show_report))
        .route("/api/v1/reports/{id}/shares", post(reports::share_report))
        .route("/api/v1/audit", get(audit::list_entries))
        .route("/api/v1/audit/export", get(audit::export_entries))
        .route("/api/v1/audit/verify", get(audit::verify_audit))
        .route("/api/v1/users", get(users::list_users).post(users::create_user))
        .route("/api/v1/tokens", get(tokens::list_tokens).post(tokens::create_token))
        .route("/api/v1/tokens/{id}", axum::routing::delete(tokens::revoke_token))
        .route("/api/v1/stream", get(stream::stream_events))
        .method_not_allowed_fallback(api::nothing::wrong_method)
}

/// What people see: pages, the functions behind their forms, and the site's files.
fn pages(shared: &Shared) -> Router<Shared> {
    let options = shared.leptos.clone();
    let provided = shared.clone();
    Router::new()
        .leptos_routes_with_context(
            shared,
            generate_route_list(app::App),
            move || pages::provide(&provided),
            move || app::shell(options.clone()),
        )
        .route("/models/{model}/versions", post(upload::upload_version).layer(DefaultBodyLimit::disable()))
        .route_layer(from_fn(pages::in_time))
        .route_layer(from_fn_with_state(shared.clone(), pages::signed_in))
        .fallback(site::file_or_nothing)
}
