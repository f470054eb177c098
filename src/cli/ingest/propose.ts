import { proposeContracts, sourceEntry } from "#ingest/index.ts";
import { freezeSources, type Lab, sourcesText } from "#registry/index.ts";
import { renderError } from "#errors/index.ts";
import { writeJson } from "../context.ts";
import type { VerbInput } from "../io.ts";
import { plural } from "../render/index.ts";

/** `--propose` prints what lab.yml could say about the lab's files, `--freeze` writes it there. */
export async function proposeForLab(input: VerbInput, lab: Lab, freeze: boolean): Promise<number> {
  const { io, options, global } = input;
  const sources = options["source"] as string[] | undefined;
  const proposals = await proposeContracts(lab, { ...(sources && { sources }), signal: io.signal });
  const entries = proposals
    .filter(({ columns }) => columns.length > 0)
    .map((proposal) => sourceEntry({ ...proposal, name: proposal.source }, proposal));
  if (freeze && entries.length > 0) freezeSources(lab.paths.config, entries);
  const failed = proposals.flatMap(({ errors }) => errors);
  if (global.output === "json") {
    writeJson(input, { lab: lab.name, frozen: freeze, sources: entries, errors: failed });
  } else {
    if (entries.length === 0) io.out(`There is nothing of ${lab.name} to read.\n`);
    else if (freeze) io.out(`${lab.paths.config} declares ${plural(entries.length, "source")} now.\n`);
    else io.out(sourcesText(entries));
    for (const error of failed)
      io.err(`${renderError(Object.assign(new Error(error.message), error), { color: io.color })}\n`);
  }
  return failed.length > 0 ? 1 : 0;
}
