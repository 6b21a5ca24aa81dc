-- Mergeable statistics of a stretch of time per deployment, version and arm. Each process writes rows of its own (`writer`) and
-- replaces them whole, so a flush can be repeated; readers add the rows up.
create table windows (
    deployment text not null,
    version bigint not null,
    arm text not null,
    -- Start and length, milliseconds.
    start bigint not null,
    span bigint not null,
    writer text not null,
    -- JSON: counts, latency sketches, shares of predictions.
    operations text not null,
    -- JSON: per feature, counts over the frozen bins of the version's baseline.
    features text not null,
    primary key (deployment, version, arm, start, span, writer)
);
create index windows_by_time on windows (span, start);

-- The prediction log. Capped: the oldest rows go first.
create table predictions (
    id text primary key,
    at bigint not null,
    deployment text not null,
    version bigint not null,
    arm text not null,
    label text not null,
    score double precision,
    -- JSON of the record; personal columns are hashed.
    features text not null,
    latency_us bigint not null,
    -- `previous`, `default` … where a fallback answered.
    fallback text,
    outcome text,
    outcome_at bigint
);
create index predictions_by_time on predictions (at);
create index predictions_by_deployment on predictions (deployment, at);

-- The truth as it was posted, also for predictions that are not in the log (yet): `joined` says whether it was.
create table outcomes (
    prediction_id text primary key,
    label text not null,
    at bigint not null,
    received_at bigint not null,
    joined bigint not null
);
create index outcomes_waiting on outcomes (received_at) where joined = 0;

create table outcome_changes (
    id text primary key,
    prediction_id text not null,
    before text not null,
    after text not null,
    at bigint not null,
    actor text not null
);

-- Realised quality by the time of the prediction; `segment` is '' for all rows, else the feature.
create table quality_windows (
    deployment text not null,
    version bigint not null,
    arm text not null,
    start bigint not null,
    segment text not null,
    segment_value text not null,
    -- JSON: confusion counts or error sums, and score bins per class.
    quality text not null,
    primary key (deployment, version, arm, start, segment, segment_value)
);
create index quality_by_time on quality_windows (deployment, segment, start);
