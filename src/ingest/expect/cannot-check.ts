import { inWords } from "#expect/index.ts";
import type { Expectation, SourceConfig } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";

/** An expectation that DuckDB cannot evaluate, as ING-018. */
export function cannotCheck(source: SourceConfig, expectation: Expectation, error: unknown) {
  return ingestErrors.badExpectation({
    message: `The expectation \`${inWords(expectation)}\` of the source ${source.name} cannot be checked: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
    place: source.place,
    hint: "Correct it in lab.yml: name columns as the contract does, and compare them with values of their type.",
    cause: error,
  });
}
