-- One case less would not be enough, and what is proposed is.
select proposal.product_code, proposal.week_start
from {{ ref('gold_order_proposal') }} as proposal
inner join {{ ref('silver_products') }} as products using (product_code)
where proposal.cases * products.units_per_case < proposal.forecast_units
    or (proposal.cases - 1) * products.units_per_case >= greatest(proposal.forecast_units, 1)
