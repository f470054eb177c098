export type ColorName = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";

const codes: Record<ColorName, readonly [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

export type Palette = Record<ColorName, (text: string) => string>;

/** Functions that colour text, or leave it as it is: `palette(io.color).green("ok")`. */
export function palette(color: boolean): Palette {
  const entries = Object.entries(codes).map(([name, [on, off]]) => [
    name,
    color ? (text: string) => (text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`) : (text: string) => text,
  ]);
  return Object.fromEntries(entries) as Palette;
}

/** Colour of a status word of runs, steps, models and tests. */
export function statusColor(status: string): ColorName {
  if (/^(ok|success|pass|passed|active)$/.test(status)) return "green";
  if (/^(fail|failed|error|crashed|runtime error)$/.test(status)) return "red";
  if (/^(warn|warned|cancelled|paused|late)$/.test(status)) return "yellow";
  if (/^(running|started)$/.test(status)) return "cyan";
  return "dim";
}

/** Colour of a score from 0 to 100. */
export function scoreColor(score: number): ColorName {
  return score >= 90 ? "green" : score >= 70 ? "yellow" : "red";
}
