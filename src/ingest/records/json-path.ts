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
