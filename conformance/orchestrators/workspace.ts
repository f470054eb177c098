import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withoutSchedule } from "../orchestrate/workspace.ts";

const repository = join(import.meta.dirname, "..", "..");
const main = join(repository, "src", "cli", "main.ts");

/** What no scheduler, no Python and no template may take for more than a text. */
export const hostile = `"""'''\\" {{ 1/0 }} {% raw %} \\N{DIGIT ONE} \u2028 é 販売\n__import__("os").abort() # .md`;

export const [sales, forecast, customers, reorder] = [
  "lab1_sales_performance",
  "lab2_forecast_model",
  "lab3_customer_segmentation",
  "reorder",
];

/** A copy of the example workspace with schedules, own steps, a lab behind another one, a paused and an archived one. */
export class JudgedWorkspace {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "labs-orchestrators-")));
  readonly root = join(this.folder, "work space's");
  /** What was posted to the webhook. */
  readonly posts: string[] = [];
  #server: Server | undefined;

  constructor() {
    cpSync(join(repository, "examples", "cpg"), this.root, {
      recursive: true,
      filter: (path) => !/[\\/](data|\.labs|target|logs)$|\.duckdb/.test(path),
    });
    this.#registry((text) =>
      text
        .replace(/description: "Recency[^\n]*/, `description: ${JSON.stringify(hostile)}`)
        .concat(
          `\n  ${reorder}: {path: reorder}\n  resting: {path: resting, status: paused}\n  shelved: {path: shelved, status: archived}\n`,
        ),
    );
    this.write("reorder/dbt/dbt_project.yml", 'name: reorder\nversion: "1.0"\nprofile: reorder\n');
    this.write("reorder/dbt/models/gold/reorder.sql", "{{ config(materialized='table') }} select 1 as one");
    this.write("reorder/lab.yml", `schedule: {every: 2 hours, after: ${forecast}}\n`);
    this.write("resting/lab.yml", "schedule: {cron: 0 0 * * *}\n");
    this.#append(
      sales,
      `schedule: {cron: "30 2 * * 1-5", timezone: Europe/Berlin, missed: catch_up, retries: 2, retry_after: 1s}
steps:
  # Fails once, in a way that may pass.
  - {name: flaky, before: load, command: "test -e was_here || { touch was_here; exit 1; }"}
  - {name: clean, after: publish, when: always, command: "echo clean >> cleaned"}
  - {name: mend, after: publish, when: on_failure, command: "echo mend >> mended"}
`,
    );
    this.#append(forecast, `schedule: {after: ${sales}, timeout: 2 hours, priority: 3}\n`);
    this.#append(customers, `schedule: {cron: ["0 6 * * *", "0 18 * * 1"], on_files: true, after: ${sales}}\n`);
    this.labs("demo-data", "--rows", "300");
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    execFileSync("mkdir", ["-p", join(file, "..")]);
    writeFileSync(file, text);
  }

  exists(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  /** Runs the command in the workspace; throws when it fails. */
  labs(...words: string[]): string {
    return execFileSync(process.execPath, [main, ...words], {
      cwd: this.root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  }

  /** The version that a lab's readers have. */
  published(lab: string): string | null {
    const { versions } = JSON.parse(this.labs("publish", lab, "--list", "-o", "json")) as {
      versions: { version: string; current: boolean }[];
    };
    return versions.find(({ current }) => current)?.version ?? null;
  }

  /** A model that fails, whatever the data. */
  breakForecast(): void {
    this.write(`${forecast}/dbt/models/gold/broken.sql`, "select error('as it should') as n");
  }

  mendForecast(): void {
    this.remove(`${forecast}/dbt/models/gold/broken.sql`);
  }

  /** Environment of the scheduler: how its tasks start the command, and where failures are told. */
  async environment(more: Record<string, string>): Promise<NodeJS.ProcessEnv> {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        this.posts.push((JSON.parse(body) as { text: string }).text);
        response.end("ok");
      });
    });
    await new Promise<void>((done) => void this.#server?.listen(0, "127.0.0.1", done));
    const { port } = this.#server.address() as AddressInfo;
    return {
      ...process.env,
      LABS_COMMAND: `'${process.execPath}' '${main}'`,
      LABS_FAILURE_WEBHOOK: `http://127.0.0.1:${port}/hook`,
      NO_COLOR: "1",
      ...more,
    };
  }

  end(): void {
    this.#server?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #registry(change: (text: string) => string): void {
    const file = join(this.root, "shared/config/labs_config.yaml");
    writeFileSync(file, change(readFileSync(file, "utf8")));
  }

  /** Adds to a lab.yml; the example's own schedule gives way. */
  #append(lab: string, text: string): void {
    const file = join(this.root, lab, "lab.yml");
    writeFileSync(file, `${withoutSchedule(readFileSync(file, "utf8"))}\n${text}`);
  }
}
