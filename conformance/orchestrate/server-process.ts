import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { openLedger } from "../../src/ledger/index.ts";

/** Marks every process that belongs to a workspace of the judge. */
const mark = "LABS_CHAOS_ROOT";

/** A `labs serve` that can be struck. */
export class Server {
  readonly #child: ChildProcess;
  readonly #root: string;
  readonly #ended: Promise<void>;
  #gone = false;

  constructor(script: string, root: string, words = ["serve", "-j", "3"], as: string[] = []) {
    this.#root = root;
    const [program = "", ...rest] = [...as, process.execPath, script, ...words, "--lease", "2 s", "-o", "json"];
    this.#child = spawn(program, rest, {
      cwd: root,
      env: { ...process.env, [mark]: root },
      stdio: ["ignore", "ignore", "inherit"],
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("exit", () => {
        this.#gone = true;
        resolve();
      });
    });
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Processes of its runs, and the one that waits for the next. */
  workers(): number[] {
    const { pid } = this.#child;
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(/\s+/).filter(Boolean).map(Number);
    } catch {
      return [];
    }
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
  }

  /** Waits until nothing runs or waits, twice in a row; false when that takes too long. */
  async untilIdle(timeoutMs: number): Promise<boolean> {
    const end = Date.now() + timeoutMs;
    let quiet = 0;
    while (Date.now() < end) {
      await sleep(700);
      const ledger = await openLedger(join(this.#root, ".labs", "ledger.db"), { mode: "read" });
      const open = await ledger.jobs.jobs({ states: ["queued", "running"], limit: 1000 });
      await ledger.close();
      // The lab that the clock starts every three seconds never rests.
      quiet = open.every(({ lab, trigger }) => lab === "by_clock" && trigger === "schedule") ? quiet + 1 : 0;
      if (quiet >= 8) return true;
    }
    return false;
  }
}

/** Its processes call their host by another name: for the ledger they are on another machine. */
const elsewhere = ["unshare", "--uts", "sh", "-c", 'hostname labs-elsewhere && exec "$@"', "sh"];

/** A `labs worker`, or a second `labs serve`, on another host. */
export class OtherHost extends Server {
  constructor(script: string, root: string, verb: "worker" | "serve") {
    super(script, root, [verb, "-j", "2"], elsewhere);
  }

  /** Whether this process may give a name to a host. */
  static possible(): boolean {
    const [program = "", ...rest] = [...elsewhere, "true"];
    return spawnSync(program, rest).status === 0;
  }
}

/** Every living process of a workspace. */
export function familyOf(root: string): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, "latin1").split("\0");
        if (!environment.includes(`${mark}=${root}`)) return [];
        return [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, "latin1").replaceAll("\0", " ") }];
      } catch {
        return [];
      }
    });
}
