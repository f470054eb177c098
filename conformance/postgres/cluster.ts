import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Debian keeps several versions side by side, outside of PATH. */
const debian = "/usr/lib/postgresql";

/** Folder of PostgreSQL's programs; Debian's package is installed where there is none and we may. */
function programs(): string {
  const find = (): string | undefined => {
    const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
    const own = versions.map((version) => join(debian, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
    const other = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" }).stdout?.trim();
    return own ?? (other && existsSync(join(other, "initdb")) ? other : undefined);
  };
  const found = find();
  if (found) return found;
  const install = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, stdio: "inherit" as const };
  execFileSync("apt-get", ["update", "-qq"], install);
  execFileSync("apt-get", ["install", "-y", "--no-install-recommends", "postgresql"], install);
  const installed = find();
  if (!installed) throw new Error("PostgreSQL's initdb was not found: install Debian's package postgresql");
  return installed;
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A PostgreSQL server of our own in a temporary folder. It refuses to run as root, so then it runs as `postgres`. */
export class Cluster {
  readonly url: string;
  readonly #bin: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #root = process.getuid?.() === 0;

  private constructor(bin: string, folder: string, port: number) {
    this.#bin = bin;
    this.#folder = folder;
    this.#port = port;
    this.url = `postgresql://labs:secret@127.0.0.1:${port}/labs`;
  }

  static async start(): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), "labs-postgres-"));
    const cluster = new Cluster(programs(), folder, await freePort());
    const password = join(folder, "password");
    writeFileSync(password, "secret\n");
    if (cluster.#root) {
      const [user = 0, group = 0] = ["-u", "-g"].map((flag) =>
        Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" })),
      );
      for (const path of [folder, password]) chownSync(path, user, group);
    }
    chmodSync(folder, 0o700);
    const data = join(folder, "data");
    cluster.#run("initdb", ["-D", data, "-U", "owner", "-A", "scram-sha-256", `--pwfile=${password}`, "-E", "UTF8"]);
    await cluster.up();
    const sql = "CREATE ROLE labs LOGIN PASSWORD 'secret'; CREATE DATABASE labs OWNER labs";
    for (const each of sql.split("; ")) cluster.query("owner", "postgres", each);
    return cluster;
  }

  /** Starts the server and waits until it takes connections. */
  async up(): Promise<void> {
    const settings = { port: this.#port, listen_addresses: "127.0.0.1", unix_socket_directories: this.#folder };
    const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const [program, args] = this.#as("postgres", ["-D", join(this.#folder, "data"), ...options]);
    const log = join(this.#folder, "log");
    spawn("sh", ["-c", `exec "$@" >>"${log}" 2>&1`, "sh", program, ...args], {
      stdio: "ignore",
      detached: true,
    }).unref();
    const end = Date.now() + 60_000;
    while (spawnSync(join(this.#bin, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", String(this.#port)]).status !== 0) {
      if (Date.now() > end) throw new Error(`PostgreSQL does not start: ${readFileSync(log, "utf8")}`);
      await sleep(100);
    }
  }

  /** kill -9 of the server and everything it started; what it had promised must be there afterwards. */
  async kill(): Promise<void> {
    const file = join(this.#folder, "data", "postmaster.pid");
    const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(/\s+/).filter(Boolean);
    for (const one of [pid, ...children.map(Number)]) {
      try {
        process.kill(one, "SIGKILL");
      } catch {
        // It has just ended.
      }
    }
    while (existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(statusOf(pid))) await sleep(20);
  }

  query(user: string, database: string, sql: string): string {
    return execFileSync(
      join(this.#bin, "psql"),
      ["-h", "127.0.0.1", "-p", String(this.#port), "-U", user, "-d", database, "-qAtc", sql],
      { encoding: "utf8", env: { ...process.env, PGPASSWORD: "secret" } },
    );
  }

  async remove(): Promise<void> {
    await this.kill().catch(() => {});
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #as(program: string, args: string[]): [string, string[]] {
    const path = join(this.#bin, program);
    return this.#root
      ? ["setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, ...args]]
      : [path, args];
  }

  #run(program: string, args: string[]): void {
    const [path, all] = this.#as(program, args);
    execFileSync(path, all, { cwd: this.#folder, stdio: ["ignore", "ignore", "inherit"] });
  }
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}
