/** A file pattern (`*`, `**`, `?`, `[a-z]`, `{a,b}`) as a regular expression over a path with `/`. */
export function patternToRegExp(pattern: string): RegExp {
  let out = "";
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] as string;
    if (char === "*" && pattern[i + 1] === "*") {
      const slash = pattern[i + 2] === "/";
      out += slash ? "(?:[^/]+/)*" : ".*";
      i += slash ? 2 : 1;
    } else if (char === "*") out += "[^/]*";
    else if (char === "?") out += "[^/]";
    else if (char === "[" && pattern.indexOf("]", i + 2) !== -1) {
      const end = pattern.indexOf("]", i + 2);
      const set = pattern
        .slice(i + 1, end)
        .replace(/\\/g, "\\\\")
        .replace(/^!/, "^");
      out += `[${set}]`;
      i = end;
    } else if (char === "{" && pattern.indexOf("}", i) !== -1) {
      out += "(?:";
      depth++;
    } else if (char === "}" && depth > 0) {
      out += ")";
      depth--;
    } else if (char === "," && depth > 0) out += "|";
    else out += char.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  }
  return new RegExp(`^${out}$`);
}

/** Whether a path has pattern characters. */
export const isPattern = (path: string): boolean => /[*?[{]/.test(path);

/** The folders of a file's name that say something of its rows, as Hive and Spark name them: `region=EU/year=2025`. */
export const partitionOf = (name: string): string =>
  name
    .split("/")
    .slice(0, -1)
    .filter((folder) => /^[^=]+=/.test(folder))
    .join("/");
