-- Owners' vouchers that were used, each with the certificate that was issued for it: a lost answer is given again.
create table accounts.voucher (
  voucher bytea primary key,
  machine text not null,
  spki bytea not null,
  certificate bytea not null
);
