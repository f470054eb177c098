import { join } from "node:path";
import type { Manifest } from "../../manifest/types.ts";
import type { ProjectLineage } from "../../lineage/types.ts";
import type { Catalog } from "../catalog.ts";
import { toJson } from "../json.ts";
import { writeAtomically } from "../write-file.ts";
import { client } from "./client.ts";
import { siteData } from "./data.ts";
import { escapeHtml } from "./markdown.ts";
import { style } from "./style.ts";

/** The documentation site as one page that needs no server and no network. */
export function docsPage(manifest: Manifest, catalog?: Catalog, now = new Date(), lineage?: ProjectLineage): string {
  const data = siteData(manifest, catalog, now, lineage);
  // A "<" inside the data could end the script element.
  const embedded = toJson(data).replaceAll("<", "\\u003c");
  const title = escapeHtml(data.project);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<aside>
<header><h1><a href="#">${title}</a></h1><input id="search" type="search" placeholder="Search names, columns, tags" aria-label="Search"></header>
<nav id="nav" aria-label="Resources"></nav>
</aside>
<main id="main"><noscript>This page needs JavaScript; its data is in manifest.json and catalog.json.</noscript></main>
<script type="application/json" id="data">${embedded}</script>
<script>${client}</script>
</body>
</html>
`;
}

/** Writes the site as target/index.html (or under another name) and returns its path. */
export function writeDocsSite(
  targetFolder: string,
  manifest: Manifest,
  catalog?: Catalog,
  options: { fileName?: string; now?: Date; lineage?: ProjectLineage | undefined } = {},
): string {
  const file = join(targetFolder, options.fileName ?? "index.html");
  writeAtomically(file, docsPage(manifest, catalog, options.now, options.lineage));
  return file;
}
