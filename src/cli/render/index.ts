/** How `labs` draws on a terminal: tables, colours, numbers, times, bars. Text in, text out; nothing here prints. */
export { palette, scoreColor, statusColor } from "./color.ts";
export type { ColorName, Palette } from "./color.ts";
export { displayWidth, pad, plain, printable, truncate } from "./text.ts";
export { formatBytes, formatCount, formatNumber, formatPercent, formatScore, plural } from "./numbers.ts";
export { ago, formatClock, formatDuration, formatTime } from "./time.ts";
export { bar, countsLine, fewerCounts, progressBar, sparkline } from "./bars.ts";
export { renderTable } from "./table.ts";
export type { TableColumn, TableOptions } from "./table.ts";
