-- Models, their immutable versions, movable names, and the data files that came with a version.
create table models (
    name text primary key,
    description text not null,
    owner_team text not null,
    purpose text not null,
    not_for text not null,
    -- JSON object of text to text.
    tags text not null,
    -- The number that the next version gets; incremented by whoever registers, so that numbers are never given twice.
    next_version bigint not null,
    created_at bigint not null,
    created_by text not null,
    created_by_name text not null
);

create table versions (
    model text not null references models (name),
    version bigint not null,
    -- SHA-256 of the ONNX file.
    hash text not null,
    file_bytes bigint not null,
    -- What was read from the file, JSON.
    onnx text not null,
    -- The data contract, JSON.
    contract text not null,
    -- Frozen statistics of the reference data, JSON in a blob; null without reference data.
    baseline_hash text,
    notes text not null,
    tags text not null,
    lineage text not null,
    registered_at bigint not null,
    registered_by text not null,
    registered_by_name text not null,
    primary key (model, version),
    unique (model, hash)
);

create table aliases (
    model text not null,
    alias text not null,
    version bigint not null,
    set_at bigint not null,
    set_by text not null,
    set_by_name text not null,
    primary key (model, alias),
    foreign key (model, version) references versions (model, version)
);

create table datasets (
    id text primary key,
    model text not null,
    version bigint not null,
    -- reference, heldback
    role text not null,
    file_name text not null,
    hash text not null,
    file_bytes bigint not null,
    row_count bigint not null,
    column_count bigint not null,
    -- Per column: missing, distinct, range, examples; JSON.
    profile text not null,
    added_at bigint not null,
    added_by text not null,
    foreign key (model, version) references versions (model, version),
    unique (model, version, role)
);
