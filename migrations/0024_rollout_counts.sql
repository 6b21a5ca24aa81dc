-- What was counted per step and arm of a rollout, exactly from the step's first to its last moment (windows have fixed edges).
-- Like `windows`: each process replaces its own rows, readers add them up.
create table rollout_counts (
    rollout text not null references rollouts (id),
    step bigint not null,
    arm text not null,
    writer text not null,
    -- JSON of `Counts`.
    counts text not null,
    primary key (rollout, step, arm, writer)
);
