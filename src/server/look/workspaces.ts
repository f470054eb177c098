import { modifiedAt, openRegistry, type Workspace } from "#registry/index.ts";

/** The workspace as its files say now; read anew only when one of them has changed. */
export class Workspaces {
  readonly #root: string;
  #workspace: Workspace | undefined;
  #stamp = "";
  #checkedAt = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** Its folder; known also while its files are broken. */
  get root(): string {
    return this.#workspace?.root ?? this.#root;
  }

  /** Errors: REG-001 and those of the registry file. */
  now(): Workspace {
    const at = performance.now();
    if (this.#workspace && at - this.#checkedAt < 500) return this.#workspace;
    const stamp = this.#workspace && stampOf(this.#workspace);
    if (this.#workspace === undefined || stamp !== this.#stamp) {
      this.#workspace = openRegistry(this.#root);
      this.#stamp = stampOf(this.#workspace);
    }
    this.#checkedAt = at;
    return this.#workspace;
  }
}

const stampOf = (workspace: Workspace): string =>
  [workspace.file, ...workspace.labs.map(({ paths }) => paths.config)]
    .map((file) => modifiedAt(file)?.getTime() ?? 0)
    .join();
