create schema payments;

-- `machine:ID`, `licensor:NAME`, `marketplace:commission`, and `rail:NAME` for the world outside.
create table payments.account (
  name text primary key,
  balance bigint not null default 0,
  check (balance >= 0 or name like 'rail:%')
);

create table payments.transfer (
  machine text not null,
  key text not null,
  at bigint not null,
  primary key (machine, key)
);

-- The entries of one transfer add up to nothing.
create table payments.entry (
  machine text not null,
  key text not null,
  account text not null references payments.account,
  amount bigint not null check (amount <> 0),
  primary key (machine, key, account),
  foreign key (machine, key) references payments.transfer
);
