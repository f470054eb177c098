import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Ledger, openLedger } from "#ledger/index.ts";
import { runLab } from "#pipeline/index.ts";
import { openRegistry, type Workspace } from "#registry/index.ts";
import type { Outgoing } from "../channels/types.ts";
import { Alerter, type AlerterEffects } from "../alerter.ts";

/** A workspace in a temporary folder, with a clock and channels that only remember. */
export class TestWorkspace {
  // In memory where there is such a folder: histories commit thousands of times, and a busy disk takes long for each.
  readonly root = realpathSync(mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "labs-alerts-")));
  readonly sent: (Outgoing & { channel: string; at: Date })[] = [];
  now = new Date();
  #ledger: Ledger | undefined;

  write(path: string, text: string): this {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
    return this;
  }

  /** Labs with a dbt project of these models. */
  labs(labs: Record<string, Record<string, string>>, entries: Record<string, string> = {}): this {
    const lines = Object.keys(labs).map((name) => `  ${name}: ${entries[name] ?? "{}"}\n`);
    this.write("shared/config/labs_config.yaml", `labs:\n${lines.join("")}`);
    for (const [name, files] of Object.entries(labs)) {
      this.write(`${name}/dbt/dbt_project.yml`, `name: ${name}\nversion: "1.0"\nprofile: ${name}\n`);
      for (const [path, text] of Object.entries(files)) this.write(`${name}/${path}`, text);
    }
    return this;
  }

  alerts(text: string): this {
    return this.write("shared/config/alerts.yml", text);
  }

  get workspace() {
    return openRegistry(this.root);
  }

  async ledger(): Promise<Ledger> {
    return (this.#ledger ??= await openLedger(join(this.root, ".labs/ledger.db")));
  }

  async alerter(effects: Partial<AlerterEffects> & { workspace?: () => Workspace } = {}): Promise<Alerter> {
    const remember: AlerterEffects["send"] = async (channel, outgoing) => {
      this.sent.push({ ...structuredClone(outgoing), channel: channel.name, at: this.now });
    };
    const room = { device: "1", free: 900e9, total: 1000e9 };
    return new Alerter(await this.ledger(), effects.workspace ?? (() => this.workspace), {
      now: () => this.now,
      env: {},
      random: () => 0.5,
      send: remember,
      machine: {
        volumeOf: () => room,
        sizeOf: () => 1e6,
        modifiedAt: () => undefined,
        memory: () => ({ free: 8e9, total: 16e9 }),
      },
      ...effects,
    });
  }

  async run(lab: string): Promise<string> {
    const { workspace } = this;
    return (await runLab(workspace, workspace.lab(lab), { command: `labs run ${lab}` })).status;
  }

  async remove(): Promise<void> {
    await this.#ledger?.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
