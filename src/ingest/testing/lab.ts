import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Connection, type Database, openDatabase } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { detectChanges, type DetectOptions } from "../detect/detect.ts";
import { loadChanges, type LoadOptions } from "../load/load.ts";
import type { IngestEvent, IngestPlan, IngestResult } from "../types.ts";

/** A source as the registry hands it over, with what a test wants different. */
export function source(name: string, more: Partial<SourceConfig> = {}): SourceConfig {
  return {
    name,
    table: name,
    path: [`${name}*.csv`],
    format: "csv",
    dialect: { encoding: "utf-8" },
    key: [],
    mode: "append",
    drift: "evolve",
    lineage: false,
    proposed: false,
    expectations: [],
    place: { file: "lab.yml" },
    ...more,
  };
}

export const columns = (types: Record<string, string>, required: string[] = []): SourceConfig["columns"] =>
  new Map(Object.entries(types).map(([name, type]) => [name, { type, nullable: !required.includes(name) }]));

/** A lab in a temporary folder with its open database. */
export class TestLab {
  readonly root: string;
  readonly raw: string;
  readonly path: string;
  sources: SourceConfig[];
  database!: Database;
  connection!: Connection;
  readonly events: IngestEvent[] = [];
  /** For polls: how to fetch, wait and read the environment. */
  effects: LoadOptions["effects"];
  #runs = 0;

  constructor(sources: SourceConfig[] = []) {
    this.root = mkdtempSync(join(tmpdir(), "labs-test-"));
    this.raw = join(this.root, "raw");
    this.path = join(this.root, "lab.duckdb");
    this.sources = sources;
    mkdirSync(this.raw);
  }

  async open(): Promise<this> {
    this.database = await openDatabase(this.path);
    this.connection = await this.database.connect();
    return this;
  }

  async close(): Promise<void> {
    await this.database.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  write(name: string, content: string | Buffer): string {
    const path = join(this.raw, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  get lab() {
    return { name: "test", paths: { raw: this.raw }, config: { sources: this.sources } };
  }

  plan(options: Partial<DetectOptions> = {}): Promise<IngestPlan> {
    return detectChanges({ lab: this.lab, database: this.database, settleMs: 0, ...options });
  }

  async ingest(options: Partial<DetectOptions> = {}): Promise<IngestResult & { plan: IngestPlan }> {
    const plan = await this.plan(options);
    const result = await loadChanges(plan, {
      database: this.database,
      loadId: `run-${++this.#runs}`,
      onEvent: (event) => this.events.push(event),
      ...(this.effects && { effects: this.effects }),
    });
    return { ...result, plan };
  }

  /** Rows as arrays of text. */
  async rows(sql: string): Promise<(string | null)[][]> {
    const { rows } = await this.connection.query(sql);
    return rows.map((row) => row.map((value) => (value === null ? null : String(value))));
  }
}
