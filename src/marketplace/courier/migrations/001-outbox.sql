create schema courier;

-- Written in the transaction that makes the news true; the broker gets it afterwards, at least once.
create table courier.outbox (
  id bigint generated always as identity primary key,
  machine text not null,
  topic text not null,
  payload bytea not null,
  created bigint not null,
  sent bigint
);
create index outbox_waiting on courier.outbox (id) where sent is null;
