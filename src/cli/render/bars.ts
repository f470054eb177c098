const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const heights = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** A bar of a share from 0 to 1, in eighths of a character; anything above nothing shows. Padded to `width`. */
export function bar(share: number, width: number): string {
  const clamped = Math.min(1, Math.max(0, share));
  const steps = clamped === 0 ? 0 : Math.max(1, Math.round(clamped * width * 8));
  const text = "█".repeat(Math.floor(steps / 8)) + (eighths[steps % 8] ?? "");
  return text + " ".repeat(width - text.length);
}

/** A bar on a visible track: `████░░░░`. */
export function progressBar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** One character a value, scaled between the least and the greatest; a gap for null. */
export function sparkline(values: readonly (number | null)[]): string {
  const known = values.filter((v): v is number => v !== null && Number.isFinite(v));
  const low = Math.min(...known);
  const range = Math.max(...known) - low;
  return values
    .map((v) => {
      if (v === null || !Number.isFinite(v)) return " ";
      return heights[range === 0 ? 3 : Math.min(7, Math.floor(((v - low) / range) * 8))] as string;
    })
    .join("");
}

/** One character a count, its height against the greatest; nothing is a gap, and anything above nothing shows. */
export function countsLine(counts: readonly number[]): string {
  const most = Math.max(...counts, 0);
  return counts
    .map((count) =>
      count <= 0 || most === 0 ? " " : (heights[Math.min(7, Math.floor((count / most) * 7.999))] as string),
    )
    .join("");
}

/** At most so many counts, neighbours taken together. */
export function fewerCounts(counts: readonly number[], most: number): number[] {
  const each = Math.max(1, Math.ceil(counts.length / most));
  return Array.from({ length: Math.ceil(counts.length / each) }, (_, i) =>
    counts.slice(i * each, (i + 1) * each).reduce((sum, count) => sum + count, 0),
  );
}
