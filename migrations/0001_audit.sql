-- The audit log: each entry holds the hash of the one before it. `audit_head` is the one row that writers queue on.
create table audit_entries (
    seq bigint primary key,
    at bigint not null,
    actor text not null,
    actor_name text not null,
    action text not null,
    object_kind text not null,
    object_id text not null,
    summary text not null,
    detail text not null,
    prev_hash text not null,
    hash text not null
);
create index audit_by_object on audit_entries (object_kind, object_id, seq);
create table audit_head (
    id bigint primary key,
    seq bigint not null,
    hash text not null
);
insert into audit_head (id, seq, hash) values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Work that follows from a change, enqueued in the same transaction; leased, retried, idempotent.
create table jobs (
    id text primary key,
    kind text not null,
    payload text not null,
    run_at bigint not null,
    attempts bigint not null,
    leased_until bigint,
    last_error text,
    created_at bigint not null
);
create index jobs_due on jobs (run_at);
