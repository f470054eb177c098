{{ config(
  materialized='table' if target.name == 'prod' else 'view',
  tags=['a' ~ 'b', var('x', 1) + 2, 7 // 2, 2 ** 3, 'x' | upper, [1, 2][0:1], -3, +4, not true, 1 in [1], 1 is defined, 1 is not none],
  meta={'k': (1,), 'f': 'x' | default('y', true), 'c': 1 < 2 <= 3, 'm': {'n': none}, 'd': 1 - 2 * 3 / 4 % 5, 'e': true and false or true},
  alias=('a' | replace('a', new='written_out'))
) }} select 1 as id
