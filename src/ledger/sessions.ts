import { createHash, randomBytes } from "node:crypto";
import { text } from "./grants.ts";
import type { Sql, Statement } from "./sql.ts";

/** Who is signed in with a browser: a token, or a user with the time of the password that was given. */
export type SessionOwner = { token: string } | { user: string; passwordAt: string };

export const sessionMs = 12 * 3_600_000;
/** Browsers of one owner; the oldest are signed out. */
const mostOfOne = 50;

/** Browsers that are signed in, whichever server answers them. Errors of all: LED-002, LED-003, LED-007. */
export class SessionStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Begins a session of {@link sessionMs}; gives its secret, of which a hash is kept. */
  async begin(owner: SessionOwner, now: Date): Promise<string> {
    const secret = randomBytes(24).toString("base64url");
    const of = "token" in owner ? `token ${owner.token}` : `user ${owner.user}`;
    const at = now.toISOString();
    await this.#sql.batch([
      { text: "DELETE FROM sessions WHERE expires_at <= @at", values: { at } },
      {
        text: `INSERT INTO sessions (hash, owner, password_at, begun_at, expires_at)
          VALUES (@hash, @of, @passwordAt, @at, @until) ON CONFLICT (hash) DO NOTHING`,
        values: {
          hash: hashOf(secret),
          of,
          passwordAt: "user" in owner ? owner.passwordAt : null,
          at,
          until: new Date(now.getTime() + sessionMs).toISOString(),
        },
      },
      {
        text: `DELETE FROM sessions WHERE owner = @of AND hash NOT IN
          (SELECT hash FROM sessions WHERE owner = @of ORDER BY begun_at DESC LIMIT ${mostOfOne})`,
        values: { of },
      },
    ]);
    return secret;
  }

  /** Whose session it is; undefined when there is none, or it is over. Whether that owner still may is not looked at. */
  async owner(secret: string, now: Date): Promise<SessionOwner | undefined> {
    const [row] = await this.#sql.all("SELECT * FROM sessions WHERE hash = @hash AND expires_at > @at", {
      hash: hashOf(secret),
      at: now.toISOString(),
    });
    if (!row) return undefined;
    const [kind, id = ""] = String(row["owner"]).split(" ");
    return kind === "token" ? { token: id } : { user: id, passwordAt: text(row["password_at"]) ?? "" };
  }

  async end(secret: string): Promise<void> {
    await this.#sql.all("DELETE FROM sessions WHERE hash = @hash", { hash: hashOf(secret) });
  }
}

/** Ends the sessions of the user of a name; sent with what makes them invalid. */
export const endingSessionsOf = (name: string): Statement => ({
  text: "DELETE FROM sessions WHERE owner IN (SELECT 'user ' || id FROM users WHERE name = @name)",
  values: { name },
});

/** Secrets are 192 random bits, so that a plain hash is enough. */
const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
