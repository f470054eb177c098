/**
 * Every text in a value without the workspace's folder `root`: people read paths as they write them, and where the workspace
 * lies on this machine is nobody's business. A value without it is given back as it is.
 */
export function inside<T>(value: T, root: string): T;
export function inside(value: unknown, root: string): unknown {
  if (typeof value === "string")
    return value.includes(root)
      ? value.replaceAll(`${root}/`, "").replaceAll(`${root}\\`, "").replaceAll(root, ".")
      : value;
  if (Array.isArray(value)) return value.map((each) => inside(each, root));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inside(each, root)]));
}
