select * from not_a_table_{{ 1 }}
