"""The journal's tables, a script for each version of the file, and who can read which.

Facts are only ever added: triggers refuse to change or delete them. Everything else in the file is
the state that must change together with a fact, in the same transaction: the open sales, what is to
be printed, what is to be delivered, and the answers already given under an idempotency key.
"""

from __future__ import annotations

_V1 = """
create table record(
  seq integer primary key autoincrement,
  id text not null unique,
  kind text not null,
  till text not null,
  till_seq integer not null,
  receipt_number text unique,
  occurred_at text not null,
  body text not null,
  prev_hash blob not null,
  hash blob not null,
  unique(till, till_seq)
) strict;
create index record_kind on record(kind, seq);
create trigger record_no_update before update on record begin select raise(abort, 'a record is never changed'); end;
create trigger record_no_delete before delete on record begin select raise(abort, 'a record is never deleted'); end;

create table till(
  id text primary key, last_seq integer not null default 0, last_receipt integer not null default 0
) strict, without rowid;

create table refund(                     -- which refunds a sale has had, so that none exceeds it
  sale_id text not null, refund_id text not null, primary key(sale_id, refund_id)
) strict, without rowid;

create table open_sale(
  id text primary key, till text not null, state text not null check (state in ('open', 'parked')),
  document text not null, updated_at text not null
) strict;
create unique index one_open_sale on open_sale(till) where state = 'open';
create index parked_sale on open_sale(till, id) where state = 'parked';

create table delivery(
  id integer primary key,
  cloud text not null,
  record_seq integer not null references record(seq),
  chain text not null,                   -- deliveries that share one are never under way together
  after integer,                         -- this delivery first (a refund's sale)
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'delivered', 'parked')),
  attempts integer not null default 0,
  generation integer not null default 0, -- how often a person released it after it was parked
  last_error text, code text, hint text, -- of the last attempt, or why it is parked
  remote_id text, drift integer not null default 0, notes text,
  done_at text,
  unique(cloud, record_seq)
) strict;
create index delivery_due on delivery(cloud, id) where state in ('waiting', 'sending');
create index delivery_state on delivery(state);

create table delivery_count(              -- kept by the triggers below: counting a million rows takes long
  cloud text not null, state text not null, count integer not null, primary key(cloud, state)
) strict, without rowid;
create trigger delivery_counted after insert on delivery begin
  insert into delivery_count values (new.cloud, new.state, 1) on conflict do update set count = count + 1;
end;
create trigger delivery_recounted after update of state on delivery when old.state <> new.state begin
  update delivery_count set count = count - 1 where cloud = old.cloud and state = old.state;
  insert into delivery_count values (new.cloud, new.state, 1) on conflict do update set count = count + 1;
end;

create table step(
  delivery integer not null references delivery(id), name text not null,
  state text not null check (state in ('ready', 'unclear', 'done')),
  key text not null, idempotency text not null, key_life_s real,
  method text not null, path text not null, headers text not null, body blob not null,
  first_sent_at text not null, refs text not null default '{}', note text,
  primary key(delivery, name)
) strict, without rowid;

create table print_job(
  id text primary key, printer text not null, record_id text, copy integer not null default 0,
  document text, state text not null, reason text, hint text, -- no document: the record's receipt
  created_at text not null, updated_at text not null
) strict;
create index print_job_record on print_job(record_id);
create index print_job_queued on print_job(printer, created_at, id) where state = 'queued';
create index print_job_sending on print_job(id) where state = 'sending';

create table kick(                       -- how an opening of the drawer ended; the opening itself is a record
  record_id text primary key, drawer text not null,
  state text not null check (state in ('sending', 'opened', 'not_opened', 'unknown')), reason text
) strict, without rowid;
create index kick_sending on kick(record_id) where state = 'sending';

create table answer(
  caller text not null, key text not null, fingerprint text not null,
  status integer not null, body text not null, made_at text not null,
  primary key(caller, key)
) strict, without rowid;
create index answer_made on answer(made_at);

create table pairing(hash blob primary key, origin text not null, name text not null, made_at text not null)
  strict, without rowid;
"""

_V2 = """
alter table delivery add column stream text not null default '';  -- the record's till: in order within one
alter table delivery add column doubt integer not null default 0; -- this disk was put back: look before sending
alter table step add column cloud_time text;                      -- there, heard before it was first sent
alter table delivery add column batch integer;                    -- the request it is under way in, with others
update delivery set stream = (select till from record where seq = record_seq);
alter table answer add column record text; -- the record that it tells of; its body holds only what comes after
drop index print_job_record;               -- the job of a record's receipt is found by its id
drop index delivery_due;
create index delivery_due on delivery(cloud, stream, id) where state in ('waiting', 'sending');
create index delivery_batch on delivery(batch) where batch is not null;
alter table delivery add column settled_at text;  -- a person has seen to what it says: when, who, and why
alter table delivery add column settled_by text;
alter table delivery add column settled_why text;
create index delivery_matter on delivery(cloud, id) where
  (state = 'parked' or (state = 'delivered' and settled_at is null and (drift <> 0 or notes is not null)));

create table batch(                      -- many records in one request: which, and a digest of it, before it is sent
  id integer primary key, key text not null, digest blob not null, first_sent_at text not null
) strict;

create table epoch(                      -- none: the first; each later one numbers receipts apart from all before it
  number integer primary key, letters text not null unique, since text not null, why text not null,
  head text,                             -- the side file of then, word for word: this epoch answers it
  others text not null                   -- letters that only the side file knew of, with a space between two
) strict;
create table home(                       -- which file on which PC this journal is, for a copy to know itself by
  one integer primary key check (one = 1), salt blob not null,
  inode text, born text, machine text, cards text not null
) strict;

create table printer_count(              -- what each printer has done, in all: written with a job's end
  printer text not null, name text not null, count integer not null, primary key(printer, name)
) strict, without rowid;
create table cloud_clock(cloud text primary key, said text not null, before_put_back text) strict, without rowid;
create table upkeep(what text primary key, value text not null) strict, without rowid; -- how far it has come
create index print_job_document on print_job(updated_at) where document is not null;
alter table print_job add column form text not null default 'receipt'; -- or 'gift': the record's, with no prices
update print_job set created_at = coalesce(strftime('%Y-%m-%dT%H:%M:%f+00:00', created_at), created_at)
  where state in ('queued', 'unknown');  -- receipts' had the store's offset, and are put in order by the text
create index print_job_unknown on print_job(created_at) where state = 'unknown' and record_id is not null;
create table offline(                    -- clouds that are held offline by hand: nothing is sent to them
  cloud text primary key, since text not null, who text not null, reason text not null
) strict, without rowid;

create table shift(                      -- the shift that is open at a till, and its sums up to one of its records
  till text primary key, opened text not null, upto integer not null, sums text not null
) strict, without rowid;
insert into shift(till, opened, upto, sums) select till, id, till_seq, '' from record as opening
  where kind = 'shift_open' and not exists (select 1 from record as later where later.till = opening.till
  and later.seq > opening.seq and later.kind in ('shift_open', 'shift_close'));

create table customer(                    -- the store's own list; a record keeps only what its receipt shows
  id text primary key, name text not null, phone text, email text, number text unique,
  exempt_reason text, certificate text, look_up text not null, made_at text not null,
  source text, remote_id text, version text, -- of whom a cloud gave: which, what it calls them, its version of them
  edited text,                             -- JSON array: which fields somebody here changed since
  mark text                                -- the sweep that saw them last
) strict, without rowid;
create unique index customer_remote on customer(source, remote_id) where source is not null;
create table customer_forgotten(           -- whom this store was told to forget: no pull brings them back
  source text, remote_id text, primary key (source, remote_id)
) strict, without rowid;
create table quick_keys(                 -- as a person arranged them, for a till or ('') the store
  scope text primary key, revision integer not null, document text not null
) strict, without rowid;
create table staff(                      -- who works here; no pin: not any more
  id text primary key, name text not null, pin blob, made_at text not null,
  role text not null check (role in ('cashier', 'supervisor', 'manager', 'tech'))
) strict, without rowid;
create unique index staff_pin on staff(pin) where pin is not null;
create table pin_salt(                   -- what every PIN here is hashed with
  one integer primary key check (one = 1), salt blob not null, memory_kib integer not null,
  passes integer not null, lanes integer not null
) strict;
create table wrong_pin(who text primary key, failures integer not null) strict, without rowid;
create table sign_in(page text primary key, staff text not null references staff(id), since text not null)
  strict, without rowid;
alter table pairing add column acts_as text; -- a role, or the id of one of the staff; null: as itself
alter table pairing add column allow text;   -- what it may use, with a space between two; null: everything

create table card_attempt(               -- a card payment at a reader; each step is here before it is sent
  id text primary key, sale text not null, till text not null, open integer not null, told integer not null,
  epoch integer not null, updated_at text not null, document text not null
) strict, without rowid;
create index card_attempt_open on card_attempt(till, id) where open = 1;
create index card_attempt_untold on card_attempt(till, id) where told = 0;

create table audit(                      -- who did what; see audit.py
  seq integer primary key, body text not null, prev_hash blob not null, hash blob not null
) strict;
create trigger audit_no_update before update on audit begin select raise(abort, 'the trail is never changed'); end;
create trigger audit_no_delete before delete on audit begin select raise(abort, 'nothing leaves the trail'); end;
"""

MIGRATIONS: tuple[str, ...] = (_V1, _V2)  # the n-th brings a file from version n to n + 1

# The least version whose code can go on with a file of version n + 1: an update that is not well is left again, and the
# one before it finds the file migrated. From the third on a migration only adds what code that does not know of it can
# leave alone (columns with a default, tables, indexes that hold nobody up), and names the version before it here; one
# that cannot names itself, and no update goes there by itself. tests/update/test_update_schema_back.py judges each.
READABLE_BY: tuple[int, ...] = (1, 2)
