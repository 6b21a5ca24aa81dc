-- People, their tokens and sessions, and what slows down guessing passwords.
create table users (
    id text primary key,
    -- Lower case.
    email text not null unique,
    name text not null,
    role text not null,
    -- Argon2id, PHC string.
    password_hash text not null,
    -- 1: made up for the demo; refused elsewhere.
    demo bigint not null,
    created_at bigint not null,
    last_signed_in_at bigint
);

-- One row per address that failed lately, known or not, so that both look the same from outside.
create table sign_in_failures (
    email text primary key,
    failures bigint not null,
    locked_until bigint,
    at bigint not null
);

create table tokens (
    id text primary key,
    user_id text not null references users (id),
    name text not null,
    role text not null,
    -- SHA-256 of the token; the token itself is shown once and never kept.
    hash text not null unique,
    prefix text not null,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);
create index tokens_by_user on tokens (user_id);

create table sessions (
    id text primary key,
    data text not null,
    expires_at bigint not null
);
create index sessions_by_expiry on sessions (expires_at);

-- First answers to writes that came with an Idempotency-Key, kept for a day.
create table idempotent_answers (
    caller text not null,
    key text not null,
    -- SHA-256 of what was asked: the same key for something else is refused.
    request_hash text not null,
    answer text not null,
    created_at bigint not null,
    primary key (caller, key)
);
create index idempotent_answers_by_age on idempotent_answers (created_at);
