import { byName } from "./named-resource.ts";

/** `unit_test:name` or `unit_test:package.name`. */
export const unitTest = byName("unit test", "Unit tests", (all) => all.unitTests);
