-- Runs of a version's automated tests, with everything they found.
create table gate_runs (
    id text primary key,
    model text not null,
    version bigint not null,
    -- running, done, broken
    state text not null,
    started_at bigint not null,
    ended_at bigint,
    -- JSON: every gate with its numbers; null until done.
    result text,
    -- Why it could not be run; null otherwise.
    problem text,
    started_by text not null,
    started_by_name text not null,
    foreign key (model, version) references versions (model, version)
);
create index gate_runs_by_version on gate_runs (model, version, started_at);
