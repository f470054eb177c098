/**
 * What an error is: a permanent code, what is wrong, where, and what to do about it.
 * Every room declares its own codes in its `errors.ts` through {@link catalogue}; nothing else throws plain errors at users.
 */
export { catalogue, LabsError, isLabsError, allCatalogues } from "./labs-error.ts";
export type { ErrorDefinition, ErrorDetails, Place } from "./labs-error.ts";
export { renderError, errorToJson } from "./render.ts";
export type { ErrorJson } from "./render.ts";
export { didYouMean } from "./did-you-mean.ts";
export { plural, thousands } from "./thousands.ts";
export { lineColumn } from "./place.ts";
