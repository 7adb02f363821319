create schema catalogue;

-- Sealed files as they came; the catalogue cannot read them.
create table catalogue.recipe (
  recipe bytea not null check (octet_length(recipe) = 16),
  version bigint not null,
  manifest bytea not null check (octet_length(manifest) = 32),
  machine_class text not null,
  author text not null,
  digest bytea not null,
  sealed bytea not null,
  primary key (recipe, version)
);

create table catalogue.listing (
  recipe bytea not null,
  version bigint not null,
  position bigint generated always as identity,
  slug text not null,
  texts text not null,
  picture bytea not null,
  message bytea not null,
  primary key (recipe, version),
  foreign key (recipe, version) references catalogue.recipe
);

create table catalogue.offer (
  machine text not null,
  digest bytea not null,
  expires bigint not null,
  message bytea not null,
  licensor text not null,
  accepted boolean not null default false,
  primary key (machine, digest)
);
create index offer_expires on catalogue.offer (expires);
