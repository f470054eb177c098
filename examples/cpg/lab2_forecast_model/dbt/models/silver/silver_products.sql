-- Products that can be ordered: those whose case is known.
select
    product_code,
    packaging_units_per_case as units_per_case,
    packaging_cases_per_pallet as cases_per_pallet,
    supplier_name as supplier,
    coalesce(supplier_lead_time_weeks, 0) as lead_time_weeks,
    updated_at as changed_at
from {{ ref('bronze_products') }}
where packaging_units_per_case > 0
