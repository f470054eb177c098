import { byName } from "./named-resource.ts";

/** `exposure:name` or `exposure:package.name`. */
export const exposure = byName("exposure", "Exposures", (all) => all.exposures);
