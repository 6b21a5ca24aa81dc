-- A served name: which version is stable, which one was before it, and how it is served and watched (JSON of `DeploymentSettings`).
create table deployments (
    name text primary key,
    model text not null,
    stable bigint,
    previous bigint,
    settings text not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index deployments_by_model on deployments (model);

-- The course of replacing a stable version. The row is the state that a restarted process goes on from.
create table rollouts (
    id text primary key,
    deployment text not null references deployments (name),
    model text not null,
    stable bigint not null,
    canary bigint not null,
    state text not null,
    -- Index of the step it is in, from 0.
    step bigint not null,
    -- JSON of `RolloutPlan`, frozen at the start.
    plan text not null,
    -- Why it is where it is, as a sentence.
    reason text not null,
    -- JSON: when each step was entered and left and what was counted in it.
    steps text not null,
    -- JSON: per guardrail, when it was first within its limit and when it was worse.
    marks text not null,
    looks bigint not null,
    approval text,
    started_at bigint not null,
    started_by text not null,
    started_by_name text not null,
    updated_at bigint not null,
    ended_at bigint
);
create unique index rollouts_one_open on rollouts (deployment) where ended_at is null;
create index rollouts_newest on rollouts (started_at);

-- What was counted and concluded at a look; appended only. Looks at unchanged evidence are not kept.
create table rollout_looks (
    rollout text not null references rollouts (id),
    n bigint not null,
    at bigint not null,
    step bigint not null,
    -- Canary requests that it rests on.
    requests bigint not null,
    decision text not null,
    -- JSON: counts of both arms and the confidence sequences.
    numbers text not null,
    primary key (rollout, n)
);
