-- Where alerts go. A removed channel keeps its row for the log's sake, without its secret.
create table alert_channels (
    id text primary key,
    name text not null,
    -- `webhook`, `slack`, `pagerduty` or `email`.
    kind text not null,
    -- JSON of `ChannelTarget`: what may be shown.
    target text not null,
    -- The webhook's key, Slack's address, PagerDuty's routing key, the mail server's password: read by the worker that sends, by nobody else.
    secret text not null,
    -- Least severity that it is told of: `bad` or `watch`.
    least text not null,
    enabled bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    removed_at bigint
);
create unique index alert_channels_by_name on alert_channels (name) where removed_at is null;

-- The outbox: inserted by the transaction that opens, escalates, acknowledges or resolves an alert, sent by a leased worker.
create table alert_deliveries (
    id text primary key,
    -- Empty for a test.
    alert text not null,
    deployment text not null,
    channel text not null references alert_channels (id),
    -- `triggered`, `worsened`, `escalated`, `acknowledged`, `resolved` or `test`.
    event text not null,
    -- Which step of the route it is for, from 0.
    step bigint not null,
    -- JSON of `AlertMessage`, as it was when it was enqueued.
    message text not null,
    -- `waiting`, `delivered` or `failed`.
    state text not null,
    -- Tries since it was enqueued, or sent again by hand.
    tries bigint not null,
    due_at bigint not null,
    leased_until bigint,
    created_at bigint not null,
    ended_at bigint
);
create unique index alert_deliveries_once on alert_deliveries (alert, channel, event, step) where alert <> '';
create index alert_deliveries_due on alert_deliveries (state, due_at);
create index alert_deliveries_newest on alert_deliveries (created_at);

-- The delivery log: one row per try.
create table alert_attempts (
    delivery text not null references alert_deliveries (id),
    n bigint not null,
    at bigint not null,
    ms bigint not null,
    delivered bigint not null,
    -- `200 OK`, `timed out` …
    status text not null,
    -- The first bytes of the answer.
    answer text not null,
    primary key (delivery, n)
);

-- What is not delivered for a while. An empty deployment, kind or subject stands for all.
create table alert_silences (
    id text primary key,
    deployment text not null,
    kind text not null,
    subject text not null,
    until bigint not null,
    reason text not null,
    author text not null,
    author_name text not null,
    created_at bigint not null,
    ended_at bigint,
    ended_by text
);
create index alert_silences_until on alert_silences (until);

-- Who is told of a deployment's alerts, in which order. Without a row every channel is told at once.
create table alert_routes (
    deployment text primary key,
    -- JSON of the `RouteStep`s.
    steps text not null,
    updated_at bigint not null,
    updated_by text not null
);
