-- Rows of the prediction log that are too many or too old for a row each, packed thousands to a page. A row is found by its id in the
-- pages whose ids enclose it, and comes back into `predictions` when its outcome arrives.
create table prediction_pages (
    id text primary key,
    deployment text not null,
    version bigint not null,
    arm text not null,
    first_id text not null,
    last_id text not null,
    -- Milliseconds, of the oldest and the newest row.
    first_at bigint not null,
    last_at bigint not null,
    rows bigint not null,
    body bytea not null
);
create index prediction_pages_by_id on prediction_pages (last_id, first_id);
create index prediction_pages_by_time on prediction_pages (last_at);
