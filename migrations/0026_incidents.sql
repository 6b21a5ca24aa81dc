-- Changes outside of Slipway that other teams have told of. `key` is the source's own id: the same one again is the same event.
create table events (
    id text primary key,
    source text not null,
    key text not null,
    kind text not null,
    title text not null,
    at bigint not null,
    link text,
    -- JSON array of the names that were given; empty for every deployment.
    deployments text not null,
    posted_by text not null,
    posted_by_name text not null,
    received_at bigint not null
);
create unique index events_once on events (source, key);
create index events_by_time on events (at);
-- Which deployments an event concerns; '' stands for every one.
create table event_deployments (
    event text not null references events (id),
    deployment text not null,
    primary key (deployment, event)
);

-- Trouble that people deal with: one open row per deployment.
create table incidents (
    id text primary key,
    -- 1, 2, 3 …: how people call it.
    number bigint not null unique,
    deployment text not null,
    title text not null,
    -- `bad` or `watch`: the worst of its alerts so far.
    severity text not null,
    -- `open`, `mitigated` or `resolved`.
    state text not null,
    -- When the trouble began: its first alert, or when it was opened by hand.
    started_at bigint not null,
    opened_at bigint not null,
    opened_by text not null,
    opened_by_name text not null,
    mitigated_at bigint,
    resolved_at bigint,
    -- What it came to, for whom; and what it came from, as people found.
    impact text not null,
    cause text not null,
    updated_at bigint not null
);
create unique index incidents_one_open on incidents (deployment) where resolved_at is null;
create index incidents_newest on incidents (opened_at);
-- The next number; the one row that writers queue on.
create table incident_numbers (
    id bigint primary key,
    n bigint not null
);
insert into incident_numbers (id, n) values (1, 0);
create table incident_alerts (
    incident text not null references incidents (id),
    alert text not null references alerts (id),
    joined_at bigint not null,
    primary key (alert, incident)
);
create index incident_alerts_of on incident_alerts (incident);
create table incident_notes (
    id text primary key,
    incident text not null references incidents (id),
    at bigint not null,
    author text not null,
    author_name text not null,
    -- `note`, or what was done: `opened`, `mitigated`, `reopened`, `resolved`, `rolled_back`, `joined`, `left`.
    kind text not null,
    text text not null
);
create index incident_notes_of on incident_notes (incident, at);
create table incident_people (
    incident text not null references incidents (id),
    person text not null,
    name text not null,
    -- `commander`, `operations`, `communications` or `observer`.
    role text not null,
    since bigint not null,
    primary key (incident, person)
);

-- Mergeable minutes of what the machine and the process use. Each process writes rows of its own (`writer`) and replaces them
-- whole, as in `windows`.
create table resource_windows (
    node text not null,
    start bigint not null,
    span bigint not null,
    writer text not null,
    -- JSON: sums per measure.
    stats text not null,
    primary key (span, start, node, writer)
);

-- Entries of a stretch of time, for timelines.
create index audit_by_time on audit_entries (at);

-- The last label of a deployment.
create index predictions_by_label on predictions (deployment, outcome_at) where outcome_at is not null;
