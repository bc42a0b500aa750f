drop table if exists account;
create table account (id integer primary key, balance integer check (balance >= 0));
insert into account values (1, 10);
insert into account values (1, 20);
insert into account values (2, -5);
