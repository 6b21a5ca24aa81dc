-- Explanations as they were made: the content lies in the blob store and never changes.
create table reports (
    id text primary key,
    model text not null,
    version bigint not null,
    made_at bigint not null,
    made_by text not null,
    blob text not null
);
create index reports_by_version on reports (model, version, made_at);

-- Links that let somebody read a report without signing in; only a hash of the token is kept.
create table report_shares (
    token_hash text primary key,
    report text not null references reports (id),
    created_at bigint not null,
    created_by text not null,
    expires_at bigint not null
);
