{{ config(meta={'as_macro': true}, volatility='deterministic') }}
upper(text)
