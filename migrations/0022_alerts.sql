-- What fires or fired. One open row per deployment, kind and subject.
create table alerts (
    id text primary key,
    deployment text not null,
    kind text not null,
    subject text not null,
    -- `bad` or `watch`.
    severity text not null,
    headline text not null,
    sentence text not null,
    -- JSON of the numbers that it fired on.
    numbers text not null,
    -- JSON of the last change before it fired, or null.
    changed_before text,
    url text not null,
    since bigint not null,
    seen_at bigint not null,
    -- Looks in a row at which the condition no longer held.
    clear_looks bigint not null,
    resolved_at bigint,
    acknowledged_by text,
    acknowledged_at bigint,
    note text not null
);
create unique index alerts_one_open on alerts (deployment, kind, subject) where resolved_at is null;
create index alerts_newest on alerts (since);
