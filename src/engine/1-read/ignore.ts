/** `.dbtignore`: patterns as in .gitignore, for files. Source of behaviour: pathspec's GitWildMatchPattern. */
export function ignoreSpec(text: string): ((path: string) => boolean) | undefined {
  const rules = text
    .split(/\r?\n/)
    .map(compile)
    .filter((rule) => rule !== undefined);
  if (rules.length === 0) return undefined;
  return (path) => {
    // The last rule that matches decides.
    for (let i = rules.length - 1; i >= 0; i--) {
      const rule = rules[i];
      if (rule?.pattern.test(path)) return rule.ignore;
    }
    return false;
  };
}

interface Rule {
  pattern: RegExp;
  ignore: boolean;
}

function compile(line: string): Rule | undefined {
  let text = line.endsWith("\\ ") ? line.trimStart() : line.trim();
  if (text === "" || text === "/" || text.startsWith("#")) return undefined;
  let ignore = true;
  if (text.startsWith("!")) {
    ignore = false;
    text = text.slice(1);
  }
  // Every folder, and so every file inside one.
  if (/^\/?(?:\*\*\/)+$/.test(text)) return { pattern: /^.+\/.*$/s, ignore };
  const parts = text.split("/").filter((part, i, all) => part !== "**" || all[i - 1] !== "**");
  if (parts[0] === "") parts.shift();
  else if ((parts.length === 1 || (parts.length === 2 && parts[1] === "")) && parts[0] !== "**") parts.unshift("**");
  if (parts.length > 1 && parts.at(-1) === "") parts[parts.length - 1] = "**";
  let source = "^";
  let slash = false;
  parts.forEach((part, i) => {
    const last = i === parts.length - 1;
    if (part === "**") {
      if (i === 0 && last) source += ".+";
      else if (i === 0) source += "(?:.+/)?";
      else if (last) source += "/.*";
      else source += "(?:/.+)?";
      slash = i !== 0;
      return;
    }
    if (slash) source += "/";
    source += part === "*" ? "[^/]+" : wildcard(part);
    // A pattern that names a folder covers everything in it.
    if (last) source += "(?:/.*)?";
    slash = true;
  });
  return { pattern: new RegExp(`${source}$`, "s"), ignore };
}

/** One path segment: `*`, `?`, `[a-z]`, `\` escapes the next character. */
function wildcard(text: string): string {
  let result = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? "";
    if (character === "\\" && i + 1 < text.length) result += escapeRegExp(text[++i] ?? "");
    else if (character === "*") result += "[^/]*";
    else if (character === "?") result += "[^/]";
    else if (character === "[") {
      const end = text.indexOf("]", text[i + 1] === "!" || text[i + 1] === "^" ? i + 3 : i + 2);
      if (end === -1) result += "\\[";
      else {
        const body = text.slice(i + 1, end).replaceAll("\\", "\\\\");
        result += `[${body.replace(/^!/, "^")}]`;
        i = end;
      }
    } else result += escapeRegExp(character);
  }
  return result;
}

const escapeRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
