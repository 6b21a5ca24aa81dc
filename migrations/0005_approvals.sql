-- Requests for promotion, the evidence as it was shown, and the signatures.
create table approvals (
    id text primary key,
    model text not null,
    version bigint not null,
    deployment text not null,
    -- open, approved, rejected, changes_requested, expired, withdrawn
    state text not null,
    reason text not null,
    -- The rollout plan that was asked for, JSON; null for the default.
    plan text,
    asked_by text not null,
    asked_by_name text not null,
    asked_at bigint not null,
    expires_at bigint not null,
    -- What approvers are shown, JSON, and the SHA-256 of exactly these bytes.
    evidence text not null,
    evidence_hash text not null,
    -- The sentence that is signed.
    statement text not null,
    version_hash text not null,
    -- The rollout that followed.
    rollout text,
    ended_at bigint,
    foreign key (model, version) references versions (model, version)
);
create index approvals_by_state on approvals (state, asked_at);
create index approvals_by_version on approvals (model, version);
-- One open request per version and deployment.
create unique index approvals_open on approvals (model, version, deployment) where state = 'open';

create table sign_offs (
    approval text not null references approvals (id),
    user_id text not null,
    name text not null,
    role text not null,
    -- approve, request_changes, reject
    decision text not null,
    comment text not null,
    -- What the person saw.
    evidence_hash text not null,
    at bigint not null,
    primary key (approval, user_id)
);
