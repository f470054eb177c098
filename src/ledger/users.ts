import { ledgerErrors } from "./errors.ts";
import { type Grant, grantOf, type LabRoles, type Role, text } from "./grants.ts";
import { hashPassword, leastPassword, longestPassword, passwordFits } from "./passwords.ts";
import { newRunId } from "./run-id.ts";
import { endingSessionsOf } from "./sessions.ts";
import type { Row, Sql } from "./sql.ts";

/** A person who signs in on the page; of the password only a scrypt hash is kept. Times are ISO 8601 in UTC. */
export interface User extends Grant {
  id: string;
  name: string;
  createdAt: string;
  createdBy: string;
  /** When the password was set last: sessions that are older have ended. */
  passwordAt: string;
  /** When they signed in last. */
  usedAt: string | null;
}

/** A check of an unknown name takes as long as that of a known one, so that nobody learns which names there are. */
let nobody: Promise<string> | undefined;

/** People who may sign in. Errors of all: LED-002, LED-003, LED-007. */
export class UserStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Errors: LED-009 when a user or a token has this name, LED-014 for a password that is too short or too long. */
  async add(name: string, grant: Grant, password: string, by: string, now: Date): Promise<User> {
    const hash = await checkedHash(password);
    const [row] = await this.#sql.all(
      `INSERT INTO users (id, name, role, labs, password, password_at, created_at, created_by)
       SELECT @id, @name, @role, @labs, @hash, @at, @at, @by
       WHERE NOT EXISTS (SELECT 1 FROM access_tokens WHERE name = @name) ON CONFLICT (name) DO NOTHING RETURNING *`,
      { id: newRunId(), name, ...columns(grant), hash, at: now.toISOString(), by },
    );
    if (row) return user(row);
    throw ledgerErrors.tokenExists({
      message: `There is a user or a token named ${name} already.`,
      hint: `Choose another name, or change this one: labs users set-role ${name} …, labs users passwd ${name}`,
    });
  }

  async all(): Promise<User[]> {
    return (await this.#sql.all("SELECT * FROM users ORDER BY name")).map(user);
  }

  async byId(id: string): Promise<User | undefined> {
    const [row] = await this.#sql.all("SELECT * FROM users WHERE id = @id", { id });
    return row && user(row);
  }

  /** False when there is nobody of this name; their sessions end with them. */
  async remove(name: string): Promise<boolean> {
    const [, removed = []] = await this.#sql.batch([
      endingSessionsOf(name),
      { text: "DELETE FROM users WHERE name = @name RETURNING id", values: { name } },
    ]);
    return removed.length > 0;
  }

  /** Takes effect with the next request of a session. Undefined when there is nobody of this name. */
  async setRole(name: string, role: Role, labs: LabRoles): Promise<User | undefined> {
    const [row] = await this.#sql.all("UPDATE users SET role = @role, labs = @labs WHERE name = @name RETURNING *", {
      name,
      ...columns({ role, labs }),
    });
    return row && user(row);
  }

  /** Sessions that were begun with the old password end. Undefined when there is nobody of this name. Errors: LED-014. */
  async setPassword(name: string, password: string, now: Date): Promise<User | undefined> {
    const hash = await checkedHash(password);
    const [, [row] = []] = await this.#sql.batch([
      endingSessionsOf(name),
      {
        text: "UPDATE users SET password = @hash, password_at = @at WHERE name = @name RETURNING *",
        values: { name, hash, at: now.toISOString() },
      },
    ]);
    return row && user(row);
  }

  /** The user of a name and a password; undefined when they do not fit. */
  async signIn(name: string, password: string, now: Date): Promise<User | undefined> {
    const [row] = await this.#sql.all("SELECT * FROM users WHERE name = @name", { name });
    const hash = row ? String(row["password"]) : await (nobody ??= hashPassword("nobody's"));
    const fits = password.length <= longestPassword && (await passwordFits(password, hash));
    if (!row || !fits) return undefined;
    const at = now.toISOString();
    await this.#sql.all("UPDATE users SET used_at = @at WHERE name = @name", { at, name });
    return { ...user(row), usedAt: at };
  }
}

async function checkedHash(password: string): Promise<string> {
  if (password.length >= leastPassword && password.length <= longestPassword) return hashPassword(password);
  throw ledgerErrors.passwordUnfit({
    message: `A password has ${leastPassword} to ${longestPassword} characters; this one has ${password.length}.`,
    hint: "Several words in a row are easy to remember and hard to guess.",
  });
}

const columns = ({ role, labs }: Grant) => ({ role, labs: labs && JSON.stringify(labs) });

const user = (row: Row): User => ({
  id: String(row["id"]),
  name: String(row["name"]),
  ...grantOf(row),
  createdAt: String(row["created_at"]),
  createdBy: String(row["created_by"]),
  passwordAt: String(row["password_at"]),
  usedAt: text(row["used_at"]),
});
