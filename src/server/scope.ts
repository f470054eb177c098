import { type Role, roleAt, type RunDetail } from "#ledger/index.ts";
import { type Lab, registryErrors } from "#registry/index.ts";
import type { Sight } from "./look/sight.ts";
import { type Principal, type ServerContext, workspaceOf } from "./context.ts";
import { requireRole } from "./security.ts";

/** Labs that were asked for by somebody who may not see them: to the asker they do not exist, to the audit log they do. */
const hiddenLabs = new WeakSet<object>();
export const wasHidden = (error: unknown): boolean =>
  typeof error === "object" && error !== null && hiddenLabs.has(error);

/** What one who asks may see of a workspace. Labs that are not to be seen do not exist here. */
export class Scope implements Sight {
  readonly principal: Principal;
  readonly #context: ServerContext;
  readonly #role: Role;

  /** `role`: what is needed at a lab for what is asked. */
  constructor(context: ServerContext, who: Principal, role: Role) {
    this.#context = context;
    this.principal = who;
    this.#role = role;
  }

  /** Sees every lab, also those that will be made. */
  get whole(): boolean {
    return this.principal.labs === null;
  }

  /** Tells apart who sees different things, for answers that are kept. */
  get key(): string {
    return this.principal.labs === null ? "" : JSON.stringify(this.principal.labs);
  }

  sees(lab: string): boolean {
    return roleAt(this.principal, lab) !== undefined;
  }

  /** In the order of the registry. */
  labs(): readonly Lab[] {
    return workspaceOf(this.#context).labs.filter(({ name }) => this.sees(name));
  }

  /** Names for the ledger to look at; undefined: no limit. */
  get names(): readonly string[] | undefined {
    return this.principal.labs === null ? undefined : Object.keys(this.principal.labs);
  }

  /** Errors: REG-002 where there is none to see, SRV-004 when the role at it does not allow what is asked. */
  lab(name: string): Lab {
    this.require(name);
    return workspaceOf(this.#context).lab(name);
  }

  /** Whether what is asked may be done to a lab, which need not be there any more. Errors: REG-002, SRV-004. */
  require(name: string): void {
    const role = roleAt(this.principal, name);
    if (role === undefined) throw this.#unknown(name);
    requireRole({ ...this.principal, role }, this.#role, ` at ${name}`);
  }

  /** A run of a lab that may be seen. Errors: LED-005, LED-006. */
  async run(id: string, lab?: string): Promise<RunDetail> {
    return this.#context.ledger.run(id, lab ?? this.names);
  }

  /** Says nothing about other labs, unlike the registry itself. */
  #unknown(name: string): Error {
    const error = registryErrors.labUnknown({
      message: `There is no lab named ${name}.`,
      hint: "GET /api/v1/labs lists those that you may see.",
      data: { lab: name },
    });
    if (workspaceOf(this.#context).labs.some((lab) => lab.name === name)) hiddenLabs.add(error);
    return error;
  }
}
