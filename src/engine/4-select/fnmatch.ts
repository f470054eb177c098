/** One position of a glob: a character, anything of length one, anything of any length, or a set of characters. */
type Token = "any" | "many" | { char: string } | { negated: boolean; singles: Set<string>; ranges: [string, string][] };
const special = /[*?[]/;
const surrogates = /[\ud800-\udfff]/;

/** Whether a text holds one of the characters that dbt takes for a wildcard in an fqn. */
export function hasWildcard(text: string): boolean {
  return /[*?[\]]/.test(text);
}

/**
 * Python's `fnmatch.fnmatch` on POSIX for one pattern: `*`, `?`, `[a-z]`, `[!a]`, case-sensitive, whole string.
 * Sets follow Python: an unclosed `[` is literal, empty ranges vanish, a set left empty matches nothing.
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  if (pattern === "*") return () => true;
  if (!special.test(pattern)) return (text) => text === pattern;
  const tokens = tokenize([...pattern]);
  // Outside the surrogates, UTF-16 units are code points.
  return (text) => matches(tokens, surrogates.test(text) ? [...text] : text);
}

function tokenize(pattern: string[]): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] as string;
    if (char === "*") {
      if (tokens.at(-1) !== "many") tokens.push("many");
    } else if (char === "?") tokens.push("any");
    else if (char === "[") {
      let end = i + 1;
      if (pattern[end] === "!") end++;
      if (pattern[end] === "]") end++;
      while (end < pattern.length && pattern[end] !== "]") end++;
      if (end >= pattern.length) tokens.push({ char });
      else {
        tokens.push(characterSet(pattern.slice(i + 1, end)));
        i = end;
      }
    } else tokens.push({ char });
  }
  return tokens;
}

function characterSet(body: string[]): Token {
  const negated = body[0] === "!";
  const chars = negated ? body.slice(1) : body;
  const singles = new Set<string>();
  const ranges: [string, string][] = [];
  for (let i = 0; i < chars.length; i++) {
    const from = chars[i] as string;
    const to = chars[i + 2];
    if (chars[i + 1] === "-" && to !== undefined) {
      if ((from.codePointAt(0) as number) <= (to.codePointAt(0) as number)) ranges.push([from, to]);
      i += 2;
    } else singles.add(from);
  }
  return { negated, singles, ranges };
}

function matches(tokens: Token[], text: ArrayLike<string>): boolean {
  let t = 0;
  let i = 0;
  let star = -1;
  let resume = 0;
  while (i < text.length) {
    const token = tokens[t];
    if (token === "many") {
      star = t++;
      resume = i;
    } else if (token !== undefined && one(token, text[i] as string)) {
      t++;
      i++;
    } else if (star >= 0) {
      t = star + 1;
      i = ++resume;
    } else return false;
  }
  while (tokens[t] === "many") t++;
  return t === tokens.length;
}

function one(token: Token, char: string): boolean {
  if (token === "any") return true;
  if (typeof token === "string") return false;
  if ("char" in token) return token.char === char;
  const code = char.codePointAt(0) as number;
  const inside =
    token.singles.has(char) ||
    token.ranges.some(([from, to]) => code >= (from.codePointAt(0) as number) && code <= (to.codePointAt(0) as number));
  return inside !== token.negated;
}
