import { expect, test } from "vitest";
import { customVariables, hideSecrets, secretsIn } from "./named-variables.ts";

test("secrets are known by the beginning of their names, with or without a line behind it", () => {
  const variables = { DBT_ENV_SECRET_A: "one", DBT_ENV_SECRETB: "two", DBT_ENV_SECRET_C: " ", DBT_ENV: "three" };
  expect(secretsIn(variables)).toEqual(["one", "two"]);
  expect(hideSecrets("one, two, three", secretsIn(variables))).toBe("*****, *****, three");
});

test("custom variables go by the rest of their names", () => {
  expect(customVariables({ DBT_ENV_CUSTOM_ENV_TEAM: "a", DBT_ENV_OTHER: "b" })).toEqual({ TEAM: "a" });
});
