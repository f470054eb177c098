def model(dbt, session):
    sales = dbt.ref("sales")
    local = session.sql("select * from sales where id > 1 order by id")
    session.execute("create temp table extra as select 'Mia' as shop, 3 as stars")
    session.register("kept", sales.df())
    return session.sql(
        "select local.*, extra.stars, (select count(*) from kept) as n from local left join extra using (shop)"
    )
