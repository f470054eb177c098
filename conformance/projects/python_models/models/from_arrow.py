import pyarrow as pa


def model(dbt, session):
    prices = dbt.source("files", "prices")
    table = prices.arrow()
    if not isinstance(table, pa.Table):
        table = table.read_all()
    return table.append_column("row", pa.array(range(table.num_rows), type=pa.int8()))
