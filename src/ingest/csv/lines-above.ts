import type { readHead, TextForm } from "./encoding.ts";

type Head = Awaited<ReturnType<typeof readHead>>;

/** Excel's own line: it names the delimiter of what follows, and is no data. */
const separatorLine = /^"?sep=(\t|[^\r\n"]{1,4})"?(?:\r\n|\n|\r)/i;

/**
 * A file's beginning without the lines above its header: Excel's `sep=;`, and then as many as lab.yml says. They become part
 * of what {@link TextForm.bom} skips, so that nothing behind it reads them. `separator`: the delimiter that Excel's line names.
 */
export function withoutLinesAbove(head: Head, lines: number): { head: Head; separator?: string } {
  const separator = separatorLine.exec(head.text);
  let length = separator?.[0].length ?? 0;
  let linesAbove = separator ? 1 : 0;
  const lineEnd = /\r\n|\n|\r/g;
  for (; lines > 0; lines--, linesAbove++) {
    lineEnd.lastIndex = length;
    length = lineEnd.exec(head.text) ? lineEnd.lastIndex : head.text.length;
  }
  if (length === 0) return { head };
  const bom = head.form.bom + bytesOf(head.text.slice(0, length), head.decodedAs);
  const form: TextForm = { ...head.form, bom, linesAbove };
  return { head: { ...head, form, text: head.text.slice(length) }, ...(separator?.[1] && { separator: separator[1] }) };
}

const bytesOf = (text: string, encoding: string): number =>
  encoding.startsWith("utf-16") ? text.length * 2 : encoding === "utf-8" ? Buffer.byteLength(text) : text.length;
