create schema licensing;

-- Content keys lie here only under a key of licensing's token.
create table licensing.deposit (
  recipe bytea not null check (octet_length(recipe) = 16),
  version bigint not null,
  manifest bytea not null,
  author text not null,
  digest bytea not null,
  content_key bytea not null,
  price bigint not null check (price >= 0),
  min_profile text not null check (min_profile in ('H', 'S')),
  primary key (recipe, version)
);

-- One row for each machine; locked by whatever changes what licensing says about it.
create table licensing.standing (
  machine text primary key,
  epoch bigint not null default 0,
  seq bigint not null default 0,
  batch bigint not null default 0,
  batch_digest bytea,
  head_index bigint,
  head bytea,
  quarantine bytea
);

create table licensing.prekey (
  machine text not null,
  kid bytea not null check (octet_length(kid) = 32),
  spki bytea not null,
  batch bigint not null,
  ordinal integer not null,
  assigned bigint,
  primary key (machine, kid)
);
create index prekey_free on licensing.prekey (machine, batch, ordinal) where assigned is null;

create table licensing.licence (
  machine text not null,
  seq bigint not null,
  cti bytea not null unique,
  recipe bytea not null,
  version bigint not null,
  manifest bytea not null,
  terms text not null,
  issued bigint not null,
  replaces bytea,
  message bytea not null,
  acknowledged boolean not null default false,
  primary key (machine, seq)
);

create table licensing.slot (
  machine text not null,
  kid bytea not null,
  cti bytea not null references licensing.licence (cti),
  primary key (machine, kid),
  foreign key (machine, kid) references licensing.prekey
);

create table licensing.purchase (
  machine text not null,
  idempotency_key bytea not null,
  offer bytea not null,
  answer text not null,
  primary key (machine, idempotency_key)
);

-- What became of a use: told once, by USAGE or by VOID_CLAIM; an equal repeat gets the same answer.
create table licensing.outcome (
  machine text not null,
  kid bytea not null,
  kind text not null check (kind in ('usage', 'claim')),
  digest bytea not null,
  at bigint not null,
  message bytea not null,
  answer bytea,
  primary key (machine, kid),
  foreign key (machine, kid) references licensing.slot
);

-- Every journal head that was countersigned, and every answer to a HEAD.
create table licensing.head (
  machine text not null,
  epoch bigint not null,
  index bigint not null,
  head bytea not null,
  primary key (machine, epoch, index, head)
);

create table licensing.sync (
  machine text not null,
  digest bytea not null,
  answer bytea not null,
  primary key (machine, digest)
);

create table licensing.release (
  machine text not null,
  epoch bigint not null,
  person text not null,
  reason text not null,
  at bigint not null,
  primary key (machine, epoch)
);

-- Enrolment of desk's TLS keys.
create table licensing.est_nonce (
  machine text not null,
  nonce bytea not null check (octet_length(nonce) = 16),
  expires bigint not null,
  primary key (machine, nonce)
);

create table licensing.tls_certificate (
  machine text not null,
  serial text not null,
  expires bigint not null,
  primary key (machine, serial)
);
