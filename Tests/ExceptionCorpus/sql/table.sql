create table if not exists customer (id integer primary key, name varchar(20) not null);

select * from custmer;
