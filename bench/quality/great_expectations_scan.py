"""Checks the table `facts` of a DuckDB file with Great Expectations: <file> <expectations.json>."""

import json
import sys

import duckdb
import great_expectations as gx
import great_expectations.expectations as kinds

path, checks = sys.argv[1], json.load(open(sys.argv[2]))
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
frame = duckdb.connect(path, read_only=True).table("facts").df()
source = context.data_sources.add_pandas("facts_db")
batch = source.add_dataframe_asset("facts").add_batch_definition_whole_dataframe("all")
suite = context.suites.add(gx.ExpectationSuite(name="twenty"))
for kind, options in checks:
    suite.add_expectation(getattr(kinds, kind)(**options))
validation = context.validation_definitions.add(gx.ValidationDefinition(name="all", data=batch, suite=suite))
done = validation.run(batch_parameters={"dataframe": frame}, result_format="BOOLEAN_ONLY")
failed = [str(result)[:800] for result in done.results if not result.success]
print(len(done.results), "checked", *failed, sep="\n")
sys.exit(0 if not failed and len(done.results) == len(checks) else 1)
