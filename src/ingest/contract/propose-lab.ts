import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import type { ErrorJson } from "#errors/index.ts";
import { detectChanges } from "../detect/detect.ts";
import { findSources } from "../detect/sources.ts";
import { readLedger } from "../ledger/file-ledger.ts";
import { loadChanges } from "../load/load.ts";
import { isPolled } from "../records/poll.ts";
import type { IngestLab } from "../types.ts";
import { type ContractDescription, describeContract } from "./describe.ts";
import { headerOf } from "./header-of.ts";

/** What a source's files have in common, from a read of every row of every one of them; or what a poll of it brought. */
export interface ContractProposal extends ContractDescription {
  source: string;
  /** Empty for an API or a step. */
  path: string[];
  format: SourceConfig["format"];
  /** Files that cannot be read or loaded. */
  errors: ErrorJson[];
}

/**
 * Reads all files of a lab's sources, and polls its APIs and steps, into a database of its own that is thrown away, and says what contract they would
 * have. The lab's own database is not touched. Errors: ING-007, ING-013.
 */
export async function proposeContracts(
  lab: IngestLab & { paths: { config?: string } },
  options: { sources?: string[]; signal?: AbortSignal } = {},
): Promise<ContractProposal[]> {
  const found = findSources(lab.paths.raw, lab.config.sources, lab.paths.config ?? "lab.yml").sources.filter(
    ({ config, files }) => (files.length > 0 || isPolled(config)) && (options.sources?.includes(config.name) ?? true),
  );
  const folder = mkdtempSync(join(tmpdir(), "labs-propose-"));
  try {
    const database = await openDatabase(join(folder, "propose.duckdb"));
    try {
      const connection = await database.connect();
      const proposals: ContractProposal[] = [];
      for (const { config, files } of found) {
        options.signal?.throwIfAborted();
        // As text nothing is lost, and what fits all rows can be asked of all of them.
        const names = config.format === "csv" && files[0] ? await headerOf(files[0].path, config) : [];
        const columns = new Map(names.map((name) => [name, { type: "VARCHAR", nullable: true }]));
        const { columns: _declared, maxRejects: _most, proposed: _proposed, ...rest } = config;
        const source: SourceConfig = {
          ...rest,
          mode: "append",
          drift: "evolve",
          expectations: [],
          lineage: false,
          proposed: false,
          ...(columns.size > 0 && { columns }),
          ...(config.api && { api: { ...config.api, keepRaw: false } }),
          ...(config.step && { step: { ...config.step, keepRaw: false } }),
        };
        const temporary = { ...lab, config: { sources: [source] } };
        const plan = await detectChanges({
          lab: temporary,
          database,
          settleMs: 0,
          ...(options.signal && { signal: options.signal }),
        });
        const { files: results } = await loadChanges(plan, {
          database,
          loadId: "propose",
          ...(options.signal && { signal: options.signal }),
        });
        const { contracts } = await readLedger(connection);
        const contract = contracts.get(config.name);
        const errors = results.flatMap(({ error }) => (error ? [error] : []));
        const about = { source: config.name, path: config.path, format: config.format, errors };
        if (contract) proposals.push({ ...about, ...(await describeContract(connection, source, contract, "values")) });
        else proposals.push({ ...about, rows: 0, columns: [], key: [] });
      }
      return proposals;
    } finally {
      await database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
