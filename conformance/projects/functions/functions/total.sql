{{ config(type='aggregate', volatility='stable') }}
sum(value)
