def model(dbt, session):
    dbt.config(materialized="view")
    return dbt.ref("sales")
