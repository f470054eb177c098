/** One generated model. */
export interface Model {
  name: string;
  layer: "staging" | "intermediate" | "marts";
  area: string;
  /** Position in its layer. */
  index: number;
  sql: string;
  key: string;
  source?: { system: string; table: string };
  /** Names of the models that it refers to. */
  parents: string[];
}

const areas = ["orders", "customers", "products", "stores", "returns", "shipments", "promotions", "budgets"];
const pad = (n: number): string => String(n).padStart(4, "0");

/** Models of a project in its three layers: 40 % staging, 30 % intermediate, 30 % marts. */
export function layers(count: number): Model[] {
  const staging = Array.from({ length: Math.ceil(count * 0.4) }, (_, i) => stagingModel(i));
  const middle: Model[] = [];
  for (let i = 0; i < Math.floor(count * 0.3); i++) middle.push(intermediateModel(i, staging, middle));
  const marts: Model[] = [];
  for (let i = 0; i < count - staging.length - Math.floor(count * 0.3); i++)
    marts.push(mart(i, staging, middle, marts));
  return [...staging, ...middle, ...marts];
}

const areaOf = (index: number): string => areas[Math.floor(index / 20) % areas.length] ?? "orders";
/** Spreads references over a layer, always to the same models. */
const pick = (list: Model[], i: number, step: number): Model | undefined => list[(i * step + (i >> 3)) % list.length];

function stagingModel(index: number): Model {
  const area = areaOf(index);
  const table = `${area}_${pad(index)}`;
  const system = `system_${Math.floor(index / 10)}`;
  const key = `${area}_id`;
  const sql = `with source as (

    select * from {{ source('${system}', '${table}') }}

),

renamed as (

    select
        id as ${key},
        customer_id,
        upper(region) as region,
        {{ cents_to_units('price_cents') }} as amount,
        cast(updated_at as timestamp) as updated_at,
        {{ audit_columns('${system}') }}
    from source
    where updated_at >= '{{ var("start_date") }}'

)

select * from renamed
`;
  return { name: `stg_${table}`, layer: "staging", area, index, sql, key, source: { system, table }, parents: [] };
}

function intermediateModel(index: number, staging: Model[], middle: Model[]): Model {
  const area = areaOf(index);
  const first = pick(staging, index, 1) as Model;
  const second = (index % 4 === 3 && middle.length > 0 ? pick(middle, index, 3) : pick(staging, index, 7)) as Model;
  const config = index % 10 === 5 ? "{{ config(materialized='ephemeral', tags=['hidden']) }}\n\n" : "";
  const sql = `${config}with left_side as (

    select * from {{ ref('${first.name}') }}

),

right_side as (

    select
        customer_id,
        count(*) as entries,
        max(updated_at) as last_update,
        {{ helper_${Math.floor(index / 30)}_${index % 5}('sum(amount)') }} as total_amount
    from {{ ref('${second.name}') }}
    group by customer_id

)

select
    left_side.${first.key} as item_id,
    left_side.customer_id,
    left_side.region,
    left_side.amount,
    left_side.updated_at,
    right_side.entries,
    right_side.total_amount{% if var('with_share', true) %},
    left_side.amount / nullif(right_side.total_amount, 0) as share{% endif %}
from left_side
left join right_side on left_side.customer_id = right_side.customer_id
`;
  const parents = [...new Set([first.name, second.name])];
  return { name: `int_${area}_${pad(index)}`, layer: "intermediate", area, index, sql, key: "item_id", parents };
}

function mart(index: number, staging: Model[], middle: Model[], marts: Model[]): Model {
  const area = areaOf(index);
  const base = (pick(middle, index, 1) ?? pick(staging, index, 1)) as Model;
  const extra = pick(middle.length > 0 ? middle : staging, index, 5) as Model;
  const earlier = index % 5 === 4 ? pick(marts, index, 3) : undefined;
  const name = `${index % 3 === 0 ? "fct" : "dim"}_${area}_${pad(index)}`;
  const parents = [...new Set([base.name, extra.name, ...(earlier ? [earlier.name] : [])])];
  return {
    name,
    layer: "marts",
    area,
    index,
    key: "customer_id",
    parents,
    sql: index % 10 === 7 ? incremental(base) : plainMart(base, extra, earlier, index),
  };
}

function plainMart(base: Model, extra: Model, earlier: Model | undefined, index: number): string {
  return `{{ config(tags=['${index % 2 === 0 ? "daily" : "weekly"}'], meta={'priority': ${index % 4}}) }}

{% set regions = var('regions') %}

with base as (

    select * from {{ ref('${base.name}') }}

),

extra as (

    select customer_id, min(updated_at) as first_seen from {{ ref('${extra.name}') }} group by customer_id

)

select
    base.customer_id,
    count(*) as items,
    sum(base.amount) as amount,
    {{ region_pivot('base.amount', regions) }},
    min(extra.first_seen) as first_seen${earlier ? `,\n    (select count(*) from {{ ref('${earlier.name}') }}) as earlier_rows` : ""}
from base
left join extra using (customer_id)
group by base.customer_id
`;
}

const incremental = (base: Model): string => `{{
    config(
        materialized='incremental',
        unique_key='customer_id',
        incremental_strategy='delete+insert',
        on_schema_change='append_new_columns'
    )
}}

select
    customer_id,
    count(*) as items,
    sum(amount) as amount,
    max(updated_at) as updated_at
from {{ ref('${base.name}') }}
{% if is_incremental() %}
where updated_at > (select max(updated_at) from {{ this }})
{% endif %}
group by customer_id
`;
