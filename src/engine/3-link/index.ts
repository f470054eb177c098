export { NodeLookup } from "./lookup.ts";
export { assertAccess, notFound, placeOfReference, resolveFunction, resolveRef, resolveSource } from "./resolve.ts";
export { linkManifest } from "./link.ts";
export { emptyDispatches, linkMacroDependencies } from "./macro-dependencies.ts";
