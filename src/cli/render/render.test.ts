import { expect, test } from "vitest";
import {
  ago,
  bar,
  displayWidth,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatScore,
  palette,
  plain,
  plural,
  printable,
  progressBar,
  renderTable,
  sparkline,
  truncate,
} from "./index.ts";

test("counts, bytes, shares and numbers", () => {
  expect([0, 999, 1000, 2823, 12345678901234567890n].map(formatCount)).toEqual([
    "0",
    "999",
    "1,000",
    "2,823",
    "12,345,678,901,234,567,890",
  ]);
  expect([plural(1, "row"), plural(2, "row"), plural(0, "lab"), plural(2, "entry", "entries")]).toEqual([
    "1 row",
    "2 rows",
    "0 labs",
    "2 entries",
  ]);
  expect([0, 812, 1024, 1500000, 5 * 1024 ** 3, 1023.99 * 1024].map(formatBytes)).toEqual([
    "0 B",
    "812 B",
    "1.0 KB",
    "1.4 MB",
    "5.0 GB",
    "1.0 MB",
  ]);
  expect([0, 1e-6, 0.0335, 0.5, 0.9999999, 1].map(formatPercent)).toEqual([
    "0%",
    "<0.1%",
    "3.4%",
    "50%",
    ">99.9%",
    "100%",
  ]);
  expect([0, 3.14159265, 12345.678, 1e20, 1e-7, -2.5, Infinity].map(formatNumber)).toEqual([
    "0",
    "3.14159",
    "12,345.7",
    "1.000e+20",
    "1.000e-7",
    "-2.5",
    "Infinity",
  ]);
  expect([100, 93.4, 0, null].map(formatScore)).toEqual(["100", "93.4", "0", "-"]);
});

test("durations and times", () => {
  expect(
    [0, 0.0081, 0.0994, 0.0999, 0.312, 9.99, 9.996, 12.44, 59.94, 59.96, 185, 3599.6, 7800, 200000].map(formatDuration),
  ).toEqual([
    "0 ms",
    "8 ms",
    "99 ms",
    "0.10 s",
    "0.31 s",
    "9.99 s",
    "10.0 s",
    "12.4 s",
    "59.9 s",
    "1 min 00 s",
    "3 min 05 s",
    "1 h 00 min",
    "2 h 10 min",
    "2 d 8 h",
  ]);
  const now = new Date("2026-03-10T12:00:00Z");
  const texts = ["12:00:00", "11:59:20", "11:00:30", "06:00:00"].map((t) => ago(`2026-03-10T${t}Z`, now));
  expect(texts).toEqual(["just now", "40 s ago", "59 min ago", "6 h ago"]);
  expect(ago("2026-03-01T00:00:00Z", now)).toBe("9 d ago");
  expect(ago("2026-03-10T12:05:00Z", now)).toBe("in 5 min");
});

test("bars show something for anything above nothing", () => {
  expect([0, 0.001, 0.5, 1, 7].map((share) => bar(share, 4))).toEqual(["    ", "▏   ", "██  ", "████", "████"]);
  expect(bar(0.3, 4)).toBe("█▎  ");
  expect(progressBar(0.5, 6)).toBe("███░░░");
  expect(sparkline([1, 2, 3, null, 8])).toBe("▁▂▃ █");
  expect(sparkline([5, 5])).toBe("▄▄");
  expect(sparkline([])).toBe("");
});

test("width of a text is what the terminal shows", () => {
  expect(displayWidth(palette(true).red("abc"))).toBe(3);
  expect(displayWidth("日本")).toBe(4);
  expect(displayWidth("e\u0301")).toBe(1);
  expect(truncate("abcdef", 4)).toBe("abc…");
  expect(truncate("日本語", 4)).toBe("日…");
  expect(truncate("abc", 3)).toBe("abc");
  expect(plain(truncate(palette(true).red("abcdef"), 4))).toBe("abc…");
  expect(truncate(palette(true).red("abcdef"), 4)).toSatisfy((text: string) => text.endsWith("\u001b[39m"));
  expect(printable("a\nb\u001b[31m")).toBe("a⏎b\\x1b[31m");
  expect(printable("\u202eabc\u2069")).toBe("\\u202eabc\\u2069");
});

test("a table may have more rows than a call takes arguments", () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => [String(i)]);
  expect(renderTable([{ title: "N", align: "right" }], rows).split("\n", 2)).toEqual(["     N", "     0"]);
});

test("a table is aligned, and gives way only where it may", () => {
  const columns = [{ title: "name", shrinkTo: 6 }, { title: "rows", align: "right" as const }, { title: "note" }];
  const rows = [
    ["orders_by_product_line", "2,823", palette(true).green("ok")],
    ["x", "7", ""],
  ];
  expect(plain(renderTable(columns, rows))).toBe(
    "name                     rows  note\norders_by_product_line  2,823  ok\nx                           7\n",
  );
  const narrow = plain(renderTable(columns, rows, { width: 24 }));
  expect(narrow).toBe("name          rows  note\norders_by_…  2,823  ok\nx                7\n");
  for (const line of plain(renderTable(columns, rows, { width: 10 }))
    .trimEnd()
    .split("\n")) {
    expect(displayWidth(line)).toBeLessThanOrEqual(6 + 2 + 5 + 2 + 4);
  }
  expect(renderTable(columns, [], { header: false })).toBe("");
  expect(renderTable(columns, rows, { header: false, indent: "  " })).toMatch(/^ {2}orders/);
});

test("columns that can be spared are left out of a narrow table, and come back where there is room", () => {
  const columns = [
    { title: "LAB", shrinkTo: 6 },
    { title: "TESTS", spare: 1 },
    { title: "ROWS", align: "right" as const, spare: 2 },
    { title: "NEXT" },
  ];
  const rows = [["lab1_sales_performance", "25 passed, 1 failed of 26", "5,000", "labs logs x"]];
  const at = (width?: number) => plain(renderTable(columns, rows, width === undefined ? {} : { width })).split("\n")[0];
  expect(at()).toMatch(/LAB +TESTS +ROWS +NEXT/);
  expect(at(56)).toMatch(/^LAB +TESTS +ROWS +NEXT$/);
  expect(at(40)).toMatch(/^LAB +ROWS +NEXT$/);
  expect(at(20)).toMatch(/^LAB +NEXT$/);
});
