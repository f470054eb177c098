/** Version requirements as dbt reads them: `>=1.6.0`, `<2.0.0`, `1.7.1`. Source of behaviour: dbt-common semver.py. */
export interface VersionSpec {
  matcher: "=" | ">=" | "<=" | ">" | "<";
  major: number;
  minor: number;
  patch: number;
  prerelease: string | null;
  build: string | null;
}

/** The dbt version whose behaviour this engine implements. */
export const dbtVersion = "1.12.3";

const tag = "(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
const pattern = new RegExp(
  `^(>=|<=|=|>|<)?(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-?(${tag}(?:\\.${tag})*))?(?:\\+([0-9A-Za-z-]*(?:\\.[0-9A-Za-z-]*)*))?$`,
);

/** Undefined when the text is not a version. */
export function parseVersion(text: string): VersionSpec | undefined {
  const found = pattern.exec(text);
  if (!found) return undefined;
  return {
    matcher: (found[1] ?? "=") as VersionSpec["matcher"],
    major: Number(found[2]),
    minor: Number(found[3]),
    patch: Number(found[4]),
    prerelease: found[5] ?? null,
    build: found[6] ?? null,
  };
}

export function versionText(spec: VersionSpec): string {
  const prerelease = spec.prerelease === null ? "" : `-${spec.prerelease}`;
  const build = spec.build === null ? "" : `+${spec.build}`;
  return `${spec.matcher}${spec.major}.${spec.minor}.${spec.patch}${prerelease}${build}`;
}

function comparePrerelease(a: string, b: string): number {
  const left = a.split(".");
  const right = b.split(".");
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i] ?? "";
    const y = right[i] ?? "";
    const numbers = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (numbers[0] && numbers[1] && Number(x) !== Number(y)) return Number(x) - Number(y);
    if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** Order of two versions, whatever their matchers are. */
export function compareVersions(a: VersionSpec, b: VersionSpec): number {
  const numbers = a.major - b.major || a.minor - b.minor || a.patch - b.patch;
  if (numbers !== 0) return numbers;
  if (a.prerelease === null || b.prerelease === null) {
    return a.prerelease === b.prerelease ? 0 : a.prerelease === null ? 1 : -1;
  }
  return comparePrerelease(a.prerelease, b.prerelease);
}

/** Whether `version` meets one requirement. A release bound excludes the prereleases of the same version: `<1.0.0` refuses `1.0.0-rc1`. */
export function satisfies(version: VersionSpec, spec: VersionSpec): boolean {
  const order = compareVersions(version, spec);
  switch (spec.matcher) {
    case "=":
      return order === 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "<":
      return order < 0 && !(spec.prerelease === null && version.prerelease !== null && sameRelease(version, spec));
    case "<=":
      return order <= 0;
  }
}

const sameRelease = (a: VersionSpec, b: VersionSpec): boolean =>
  a.major === b.major && a.minor === b.minor && a.patch === b.patch;

/** Whether any version can meet all requirements. */
export function compatible(specs: VersionSpec[]): boolean {
  const exact = specs.filter((spec) => spec.matcher === "=");
  const first = exact[0];
  if (first) return specs.every((spec) => satisfies(first, spec));
  const lower = specs.filter((spec) => spec.matcher.startsWith(">"));
  const upper = specs.filter((spec) => spec.matcher.startsWith("<"));
  return lower.every((low) =>
    upper.every((high) => {
      const order = compareVersions(low, high);
      return order < 0 || (order === 0 && low.matcher === ">=" && high.matcher === "<=");
    }),
  );
}
