select 0.5 as rate
