export { NodeLookup } from "./lookup.ts";
export { assertAccess, notFound, placeOfReference, resolveFunction, resolveRef, resolveSource } from "./resolve.ts";
export { fillMaps, linkManifest } from "./link.ts";
export { emptyDispatches, linkMacroDependencies } from "./macro-dependencies.ts";
