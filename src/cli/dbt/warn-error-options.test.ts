import { describe, expect, it } from "vitest";
import { warningIsError, warningIsSilenced } from "#engine/index.ts";
import { readWarnErrorOptions } from "./warn-error-options.ts";

const read = (given: Record<string, unknown>) =>
  readWarnErrorOptions(given, (message) => {
    throw new Error(message);
  });

describe("readWarnErrorOptions", () => {
  it("gives the older keys their names of today, and says so", () => {
    const { options, notices } = read({ include: "all", exclude: ["DeprecatedModel"] });
    expect(options).toEqual({ error: "all", warn: ["DeprecatedModel"], silence: [] });
    expect(notices.map(({ name, text }) => [name, text])).toEqual([
      [
        "WEOIncludeExcludeDeprecation",
        "Found `include` and `exclude` in `warn_error_options` specification. Please use `error` instead of `include`. Please use `warn` instead of `exclude`.",
      ],
    ]);
  });

  it.each([
    [{ include: "all", error: "all" }, "Only `include` or `error` can be specified in `warn_error_options`, not both"],
    [{ error: "all", warn: ["DeprecatedModel"], exclude: ["DeprecatedModel"] }, "Only `exclude` or `warn`"],
    [{ silence: ["NoSuchEvent"] }, "NoSuchEvent is not a valid dbt error name."],
    [{ error: "everything" }, "error must be one of"],
    [{ error: ["DeprecatedModel"], warn: ["NoNodesForSelectionCriteria"] }, "`warn` can only be specified if"],
  ])("refuses %j", (given, message) => {
    expect(() => read(given)).toThrow(message);
  });

  it("takes empty keys, the group, and names of dbt's other engine", () => {
    expect(read({ error: null, warn: null, silence: ["Deprecations", "StaticAnalysis"] })).toEqual({
      options: { error: [], warn: [], silence: ["Deprecations"] },
      notices: [
        {
          name: "Note",
          code: "Z050",
          text: "StaticAnalysis is not being used because it's specific to the dbt Fusion engine.",
        },
      ],
    });
  });
});

describe("warnings that are errors", () => {
  it("puts a name before the group and the group before all", () => {
    expect(warningIsError({ error: "all", warn: ["Deprecations"] }, "DuplicateYAMLKeysDeprecation", "D024")).toBe(
      false,
    );
    expect(warningIsError({ error: "all", warn: ["Deprecations"] }, "DeprecatedModel", "I065")).toBe(true);
    const named = { error: ["DuplicateYAMLKeysDeprecation"], silence: ["Deprecations"] };
    expect(warningIsError(named, "DuplicateYAMLKeysDeprecation", "D024")).toBe(true);
    expect(warningIsSilenced(named, "DuplicateYAMLKeysDeprecation", "D024")).toBe(false);
    expect(warningIsSilenced(named, "EnvironmentVariableRenamed", "D009")).toBe(true);
  });
});
