//! The server from outside: a real one on a free port, a real database, real ONNX files. Filed by address.

mod api_v1_alerts;
mod api_v1_approvals;
mod api_v1_audit;
mod api_v1_datasets;
mod api_v1_deployments;
mod api_v1_incidents;
mod api_v1_models;
mod api_v1_outcomes;
mod api_v1_people;
mod api_v1_reports;
mod api_v1_rollouts;
mod api_v1_stream;
mod commands;
mod edge;
mod form;
mod killed;
mod metrics;
mod pages;
mod receiver;
mod site;
mod stopped;
mod v2_fallback;
mod v2_infer;
mod v2_models;
mod v2_repository;
