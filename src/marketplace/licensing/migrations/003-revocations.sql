-- Place of a licence in the status list, one for each licence of all machines.
create sequence licensing.status_idx minvalue 0 start 0;
alter table licensing.licence add column status_idx bigint unique;
-- Window of a licence that is good within one only, seconds since 1970.
alter table licensing.licence add column window_nbf bigint;
alter table licensing.licence add column window_exp bigint;

create table licensing.revocation (
  number bigint generated always as identity primary key,
  kind text not null check (kind in ('licence', 'machine', 'author', 'recipe')),
  -- what is named: hex of the cti, the machine, the author's name, hex of the recipe
  name text not null,
  since bigint,
  version bigint,
  reason text not null,
  person text not null,
  at bigint not null
);

create table licensing.status_list (
  number bigint primary key,
  issued bigint not null,
  expires bigint not null,
  -- the last revocation that is in it
  revocation bigint not null,
  message bytea not null
);
