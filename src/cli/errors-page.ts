import { allCatalogues } from "#errors/index.ts";

/** Levels of rooms decide the order of the page. */
const order = [
  "registry",
  "duck",
  "jinja",
  "ledger",
  "engine",
  "ingest",
  "quality",
  "publish",
  "pipeline",
  "orchestrate",
];

/** `docs/errors.md` from every catalogue that is loaded. */
export function errorsPage(): string {
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const rooms = [...allCatalogues()].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const sections = rooms.map(([room, definitions]) => {
    const entries = Object.values(definitions)
      .sort((a, b) => (a.code < b.code ? -1 : 1))
      .map(
        ({ code, title, exit, retryable, doc }) =>
          `### ${code}: ${title}\n\n${doc}\n\nExit code ${exit}${retryable ? "; the same command may succeed later" : ""}.\n`,
      );
    return `## ${room}\n\n${entries.join("\n")}`;
  });
  return `# Errors

Every error has a permanent code. A message says what is wrong and where, and how to get on; this page says what the code means.
Exit code 1: the data or the project failed. Exit code 2: wrong usage or configuration. \`--trace\` adds a stack trace.

<!-- Generated from the rooms' errors.ts: vitest run src/architecture.errors.test.ts -u -->

${sections.join("\n")}`;
}
