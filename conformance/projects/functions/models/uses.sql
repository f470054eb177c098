{{ config(materialized='table') }} select {{ function('add_tax') }}(10.0) as a, {{ function('net') }}(1.0) as b, {{ function('deep') }}('x') as c, '{{ function('net').type }}' as t
