-- A claim that was refused and that a person granted all the same: who, why, and the licence for it.
alter table licensing.outcome add column granted_by text;
alter table licensing.outcome add column granted_because text;
alter table licensing.outcome add column granted_seq bigint;
