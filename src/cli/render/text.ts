// oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
const escapes = /\u001b\[[0-9;]*m/g;

/** The text without colours. */
export function plain(text: string): string {
  return text.replace(escapes, "");
}

function charWidth(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(char)) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/** Columns a text takes on a terminal: colours take none, East Asian characters two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of plain(text)) width += charWidth(char);
  return width;
}

/** The text cut to a width, with an ellipsis where something is missing. Colours go on and off as before. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let out = "";
  let used = 0;
  let cut = false;
  // oxlint-disable-next-line no-control-regex -- as above
  for (const part of text.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith("\u001b[")) {
      out += part;
      continue;
    }
    for (const char of part) {
      if (cut) break;
      if (used + charWidth(char) > width - 1) {
        out += width > 0 ? "…" : "";
        cut = true;
      } else {
        out += char;
        used += charWidth(char);
      }
    }
  }
  return out;
}

/**
 * The text on one line, with control characters shown instead of obeyed: for values out of data. Those that turn the
 * direction of writing count, since they would turn the rest of the line with them.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (char) => {
    if (char === "\n") return "⏎";
    if (char === "\t") return " ";
    const code = char.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, "0")}`;
  });
}

/** Filled up with spaces to a width. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "right" ? space + text : text + space;
}

/** Paragraphs filled to a width, one below the other; codes of colours count, as in dbt. */
export function wrap(text: string, width: number): string {
  return text
    .split("\n\n")
    .map((paragraph) => {
      const lines: string[] = [];
      let line = "";
      for (const word of paragraph.split(/\s+/)) {
        if (line !== "" && line.length + 1 + word.length > width) {
          lines.push(line);
          line = word;
        } else line = line === "" ? word : `${line} ${word}`;
      }
      return [...lines, line].join("\n");
    })
    .join("\n");
}
