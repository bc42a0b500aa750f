select 1;
select id,
  from customer
 where;
