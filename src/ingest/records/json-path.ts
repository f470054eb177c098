/** `data.items` as its keys; `.` is the answer itself. */
export const pathKeys = (path: string): string[] => (path === "." ? [] : path.split("."));

/** The value under a path of keys, or undefined. Only own keys count. */
export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const key of pathKeys(path)) {
    if (at === null || typeof at !== "object" || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** Paths of the lists in a document that `fits`, down to some levels of objects. */
export function listPaths(value: unknown, levels: number, fits: (list: unknown[]) => boolean = () => true): string[] {
  if (levels === 0 || value === null || typeof value !== "object" || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    Array.isArray(item) ? (fits(item) ? [key] : []) : listPaths(item, levels - 1, fits).map((path) => `${key}.${path}`),
  );
}
