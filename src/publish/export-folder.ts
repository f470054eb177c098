import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { publishErrors } from "./errors.ts";
import type { ExportManifest } from "./types.ts";

const manifestName = "manifest.json";

/**
 * A folder of exports: `versions/<version>/`, each complete with its manifest before it gets its name, and `current`, a
 * link to the one that counts, which is replaced by one rename. Whoever reads an older version goes on reading it until
 * that many newer ones were made as are kept.
 */
export class ExportFolder {
  readonly folder: string;
  readonly current: string;
  readonly versions: string;

  constructor(folder: string) {
    this.folder = folder;
    this.current = join(folder, "current");
    this.versions = join(folder, "versions");
  }

  /** A new folder to write an export to. Removes those of processes that died. Errors: PUB-006. */
  stage(): string {
    return this.writing(() => {
      const link = lstatSync(this.current, { throwIfNoEntry: false });
      if (link && !link.isSymbolicLink())
        throw publishErrors.exportFailed({
          message: `${this.current} is no link, so it was not made by an export.`,
          place: { file: this.current },
          hint: "Export to another folder, or move it away.",
        });
      mkdirSync(this.versions, { recursive: true });
      for (const name of readdirSync(this.folder)) {
        const process = /^\.new-(\d+)-/.exec(name)?.[1];
        if (process !== undefined && !isRunning(Number(process)))
          rmSync(join(this.folder, name), { recursive: true, force: true });
      }
      const stage = join(this.folder, `.new-${process.pid}-${randomBytes(4).toString("hex")}`);
      mkdirSync(stage);
      return stage;
    });
  }

  /** Makes a finished folder the export that readers get, in one step for them. Gives its path. Errors: PUB-006. */
  add(stage: string, manifest: ExportManifest): string {
    return this.writing(() => {
      writeFileSync(join(stage, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
      sync(join(stage, manifestName));
      sync(stage);
      let folder = join(this.versions, manifest.version);
      // Somebody changed the export of this version: whoever reads it keeps it.
      for (let n = 2; existsSync(folder); n++) folder = join(this.versions, `${manifest.version}-${n}`);
      renameSync(stage, folder);
      sync(this.versions);
      this.point(folder);
      return folder;
    });
  }

  /** Lets `current` mean a version. Errors: PUB-006. */
  point(folder: string): void {
    this.writing(() => {
      const target = join("versions", basename(folder));
      if (this.#target() === target) return;
      const link = join(this.folder, `.new-${process.pid}-${randomBytes(4).toString("hex")}`);
      symlinkSync(target, link, "dir");
      renameSync(link, this.current);
      sync(this.folder);
    });
  }

  /** Whole exports with their folders, the newest first. */
  list(): { folder: string; manifest: ExportManifest; current: boolean }[] {
    let names: string[];
    try {
      names = readdirSync(this.versions);
    } catch {
      return [];
    }
    const target = this.#target();
    return names
      .flatMap((name) => {
        const manifest = readManifest(join(this.versions, name));
        return manifest
          ? [{ folder: join(this.versions, name), manifest, current: target === join("versions", name) }]
          : [];
      })
      .sort((a, b) => (a.manifest.exportedAt < b.manifest.exportedAt ? 1 : -1));
  }

  /** Removes the oldest exports beyond `keep`; never the current one, and nothing that is no export. */
  prune(keep: number): void {
    for (const { folder, current } of this.list().slice(Math.max(1, keep)))
      if (!current) rmSync(folder, { recursive: true, force: true });
  }

  #target(): string | undefined {
    try {
      return readlinkSync(this.current);
    } catch {
      return undefined;
    }
  }

  /** Runs what writes; what the file system refuses becomes PUB-006. */
  writing<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof Error) || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
      throw publishErrors.exportFailed({
        message: `The export cannot be written to ${this.folder}: ${error.message}.`,
        place: { file: this.folder },
        hint: "Give yourself the right to write there, make room, or choose a folder on a file system that has symbolic links. The last export stays as it is.",
        cause: error,
      });
    }
  }
}

function readManifest(folder: string): ExportManifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, manifestName), "utf8")) as ExportManifest;
    const whole = manifest.tables.every(({ file, bytes }) => statSync(join(folder, file)).size === bytes);
    return whole ? manifest : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Makes a file, or the names in a folder, survive a power cut. */
function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
