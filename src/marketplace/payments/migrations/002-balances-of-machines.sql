-- Only what can run out has a balance of its own, which an order locks. What is owed to licensors and to the
-- marketplace is the sum of its entries: one row that every order changes would queue the whole fleet.
alter table payments.entry drop constraint entry_account_fkey;
delete from payments.account where name not like 'machine:%';
alter table payments.account add check (name like 'machine:%');
create index entry_of_account on payments.entry (account);
