create or replace function charge(amount integer) returns integer language plpgsql as $$
begin
    if amount > 10 then
        raise exception 'payment of % declined', amount using hint = 'split the amount', errcode = 'P0007';
    end if;
    return 1 / (amount - amount);
end $$;
select charge(12);
select charge(2);
