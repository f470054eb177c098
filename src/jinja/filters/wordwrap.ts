import { codeLength, codePoints } from "../text.ts";

const space = "\\t\\n\\x0b\\x0c\\r ";
const wordPunctuation = `[\\p{L}\\p{N}_!"'&.,?]`;
const letter = "[\\p{L}\\p{N}_]";

/** The pieces that may stand at the end of a line: blanks, words, parts of words with hyphens, dashes. */
const chunks = new RegExp(
  `([${space}]+|(?<=${wordPunctuation})-{2,}(?=${letter})|[^${space}]${"(?:[^"}${space}])*?(?:` +
    `-(?:(?<=${letter.replace("\\p{N}", "")}{2}-)|(?<=${letter.replace("\\p{N}", "")}-${letter.replace("\\p{N}", "")}-))(?=${letter.replace("\\p{N}", "")}-?${letter.replace("\\p{N}", "")})` +
    `|(?=[${space}]|$)|(?<=${wordPunctuation})(?=-{2,}${letter})))`,
  "u",
);
const blanks = new RegExp(`([${space}]+)`);
const blankOnly = new RegExp(`^[${space}]*$`);

/** One paragraph broken into lines of at most `width` characters. */
export function wrapLine(text: string, width: number, breakLong: boolean, onHyphens: boolean): string[] {
  const pieces = text
    .split(onHyphens ? chunks : blanks)
    .filter(Boolean)
    .reverse();
  const lines: string[] = [];
  while (pieces.length > 0) {
    const line: string[] = [];
    let used = 0;
    if (lines.length > 0 && blankOnly.test(pieces.at(-1) as string)) pieces.pop();
    while (pieces.length > 0) {
      const size = codeLength(pieces.at(-1) as string);
      if (used + size > width) break;
      line.push(pieces.pop() as string);
      used += size;
    }
    if (pieces.length > 0 && codeLength(pieces.at(-1) as string) > width) {
      takeLong(pieces, line, used, width, breakLong, onHyphens);
    }
    if (line.length > 0 && blankOnly.test(line.at(-1) as string)) line.pop();
    if (line.length > 0) lines.push(line.join(""));
  }
  return lines;
}

/** A piece that fits on no line: it is cut, or gets a line of its own. */
function takeLong(
  pieces: string[],
  line: string[],
  used: number,
  width: number,
  breakLong: boolean,
  onHyphens: boolean,
): void {
  const room = width < 1 ? 1 : width - used;
  const piece = pieces.at(-1) as string;
  if (!breakLong) {
    if (line.length === 0) line.push(pieces.pop() as string);
    return;
  }
  const points = codePoints(piece);
  let end = room;
  if (onHyphens && points.length > room) {
    const hyphen = points.slice(0, room).lastIndexOf("-");
    if (hyphen > 0 && points.slice(0, hyphen).some((c) => c !== "-")) end = hyphen + 1;
  }
  line.push(points.slice(0, end).join(""));
  const rest = points.slice(end).join("");
  if (rest) pieces[pieces.length - 1] = rest;
  else pieces.pop();
}
