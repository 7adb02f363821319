create schema accounts;

-- What the owner's CA said about a machine; its own word does not count.
create table accounts.machine (
  machine text primary key,
  certificate bytea not null,
  token_class text not null check (token_class in ('soft', 'tpm', 'hsm')),
  profile text not null check (profile in ('H', 'S'))
);

-- Client assertions that were used, kept until they would have run out anyway.
create table accounts.assertion (
  machine text not null references accounts.machine,
  jti text not null,
  expires bigint not null,
  primary key (machine, jti)
);
create index assertion_expires on accounts.assertion (expires);
