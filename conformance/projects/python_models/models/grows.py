def model(dbt, session):
    dbt.config(materialized="incremental", unique_key="id")
    df = dbt.ref("sales")
    if dbt.is_incremental:
        last = session.sql(f"select max(id) from {dbt.this}").fetchone()[0]
        df = df.filter(f"id >= {last}").project("id + 1 as id, shop, amount, sold_at")
    return df
