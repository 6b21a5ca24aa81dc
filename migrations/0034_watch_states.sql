-- What is remembered from one look at outcomes to the next, per deployment and version: `trust` (whether the last labels agreed with
-- the estimate) and `concept` (detectors that read errors one by one in the order in which outcomes arrive; they do not merge, so
-- whoever feeds them holds the row).
create table watch_states (
    deployment text not null,
    version bigint not null,
    kind text not null,
    -- JSON.
    state text not null,
    updated_at bigint not null,
    primary key (deployment, version, kind)
);
