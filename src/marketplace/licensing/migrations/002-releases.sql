-- A machine that was decommissioned or lost; its id is never used again.
alter table licensing.standing add column retired boolean not null default false;

-- Seconds since 1970.
alter table licensing.licence add column expires bigint not null default 0;

-- Journals that reported under a machine's name while it was in quarantine: a person says which one goes on.
create table licensing.suspect (
  machine text not null,
  epoch bigint not null,
  index bigint not null,
  head bytea not null,
  last_seq bigint not null,
  batch bigint not null,
  batch_digest bytea,
  at bigint not null,
  primary key (machine, epoch, index, head)
);

-- The RELEASE that was signed, and when the machine began the epoch.
alter table licensing.release add column message bytea;
alter table licensing.release add column digest bytea;
alter table licensing.release add column begun bigint;

-- Unspent uses that are licensed again, each once: `seq` is the heir's licence, null while it waits for one-time keys, for
-- its time, or for an heir; `refused` why it never will be.
create table licensing.reissue (
  machine text not null,
  kid bytea not null,
  cti bytea not null,
  because text not null check (because in ('release', 'decommission', 'loss')),
  heir text,
  due bigint not null,
  seq bigint,
  refused text,
  primary key (machine, kid)
);
create index reissue_waiting on licensing.reissue (heir, due) where seq is null and refused is null;

-- When the machine's countersigned head proved that this database is older than what it once said.
create table licensing.recovery (
  machine text not null,
  at bigint not null,
  since bigint not null,
  seq_before bigint not null,
  seq_after bigint not null,
  told boolean not null default false,
  primary key (machine, at)
);

-- The end of a machine's token: its own DECOMMISSION, or two people's loss report.
create table licensing.farewell (
  machine text primary key,
  at bigint not null,
  message bytea,
  operator text,
  technician text,
  reason text not null,
  due bigint not null,
  heir text
);
