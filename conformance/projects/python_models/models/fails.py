

def helper(value):
    return 1 / value


def model(dbt, session):
    return session.sql(f"select {helper(0)}")
