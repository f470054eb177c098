def model(dbt, session):
    return dbt.ref("versioned", v=1).union(session.sql("select 2 as v")).order("v")
