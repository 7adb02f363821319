-- Out of service for good: its certificate opens nothing any more, and its id is never used again.
alter table accounts.machine add column retired boolean not null default false;
