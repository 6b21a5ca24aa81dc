-- Sums of a window beside it: most looks want no more than these, and the whole of a window is tens of kilobytes. Null in rows of before;
-- those are read from the JSON.
alter table windows add column requests bigint;
alter table windows add column failed bigint;
alter table windows add column fallback bigint;
alter table windows add column slow bigint;
alter table windows add column rows bigint;
alter table windows add column dropped bigint;
-- Of the two JSON texts.
alter table windows add column bytes bigint;
-- Holds all that is asked for, so that the row itself is left alone.
create index windows_sums on windows (deployment, span, start, version, arm, requests, failed, fallback, slow, rows, dropped, bytes);

-- The same of realised quality: answers whose outcome is known; how many of them are right, or the sum of the absolute errors; the sum of
-- the squared errors.
alter table quality_windows add column n bigint;
alter table quality_windows add column good double precision;
alter table quality_windows add column squares double precision;
drop index quality_by_time;
create index quality_sums on quality_windows (deployment, segment, start, version, n, good, squares);

-- When outcomes came, and how long after their prediction, without walking through predictions that have none.
create index predictions_delays on predictions (deployment, at, outcome_at) where outcome_at is not null;
create index predictions_last_outcome on predictions (deployment, outcome_at) where outcome_at is not null;
