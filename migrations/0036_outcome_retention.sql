-- Outcomes and their corrections go by their age: without walking through those that stay.
create index outcomes_by_time on outcomes (received_at);
create index outcome_changes_by_time on outcome_changes (at);
