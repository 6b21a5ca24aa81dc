-- Of models with several classes: a JSON array with the probability of each, in the contract's order. Without it, what an outcome says of the
-- ranking of the classes cannot be known.
alter table predictions add column scores text;
