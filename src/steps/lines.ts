import type { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";

/** A longer line is cut: nobody reads on, and a program may write without ever ending a line. */
const longestLine = 2000;

/**
 * Tells the lines of a stream as they come, as plain text: without colours and control characters, of a progress bar that
 * draws over itself the last state.
 */
export function eachLine(stream: Readable, tell: (line: string) => void): void {
  let rest = "";
  /** The line that is being read has been told, cut. */
  let cut = false;
  const end = (line: string) => {
    if (!cut) tell(shown(line));
    cut = false;
  };
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) end(line);
    if (rest.length <= longestLine) return;
    if (!cut) tell(shown(rest));
    cut = true;
    rest = "";
  });
  stream.on("end", () => {
    if (rest !== "") end(rest);
  });
  stream.on("error", () => {});
}

function shown(line: string): string {
  const last = line.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  // oxlint-disable-next-line no-control-regex -- what would move a terminal's cursor
  const plain = stripVTControlCharacters(last).replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "");
  return plain.length > longestLine ? `${plain.slice(0, longestLine)} …` : plain;
}
