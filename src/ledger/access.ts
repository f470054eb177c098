import { createHash, randomBytes } from "node:crypto";
import { ledgerErrors } from "./errors.ts";
import { type Grant, grantOf, type LabRoles, type Role, text } from "./grants.ts";
import { newRunId, runIdPrefix } from "./run-id.ts";
import type { Row, Sql } from "./sql.ts";

/** A token of the API; the secret itself is nowhere. Times are ISO 8601 in UTC. */
export interface AccessToken extends Grant {
  id: string;
  name: string;
  createdAt: string;
  createdBy: string;
  expiresAt: string | null;
  /** When it was used last, to the minute. */
  usedAt: string | null;
}

/** Something that was done, or tried, through the API. */
export interface AuditEntry {
  id: string;
  at: string;
  /** Name of the user or token; `local` on this machine without one, `nobody` for who was not let in. */
  who: string;
  address: string;
  /** `run`, `cancel`, `pause`, `login`, … */
  action: string;
  /** What it was done to: a lab, a job. */
  subject: string;
  outcome: "done" | "refused";
  /** Code of the refusal, or what was asked for. */
  detail: string | null;
}

/** Answers of actions are remembered so long for those who ask again. */
const answersMs = 24 * 3_600_000;
const auditMs = 365 * 86_400_000;

/** Who may use the API, what they did, and what they were answered. Errors of all: LED-002, LED-003, LED-007. */
export class AccessStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Makes a token; `secret` is shown this once. Errors: LED-009 when a token or a user has this name. */
  async addToken(
    name: string,
    role: Role,
    by: string,
    now: Date,
    expiresAt: string | null = null,
    labs: LabRoles = null,
  ): Promise<{ token: AccessToken; secret: string }> {
    const secret = `labs_${randomBytes(24).toString("base64url")}`;
    const [row] = await this.#sql.all(
      `INSERT INTO access_tokens (id, name, role, labs, hash, created_at, created_by, expires_at)
       SELECT @id, @name, @role, @labs, @hash, @at, @by, @expires
       WHERE NOT EXISTS (SELECT 1 FROM users WHERE name = @name) ON CONFLICT (name) DO NOTHING RETURNING *`,
      {
        id: newRunId(),
        name,
        role,
        labs: labs && JSON.stringify(labs),
        hash: hashOf(secret),
        at: now.toISOString(),
        by,
        expires: expiresAt,
      },
    );
    if (!row)
      throw ledgerErrors.tokenExists({
        message: `There is a token or a user named ${name} already.`,
        hint: `Choose another name, or take a token back first: labs tokens remove ${name}`,
      });
    return { token: accessToken(row), secret };
  }

  async tokens(): Promise<AccessToken[]> {
    return (await this.#sql.all("SELECT * FROM access_tokens ORDER BY name")).map(accessToken);
  }

  /** Takes a token back; false when there is none of this name. */
  async removeToken(name: string): Promise<boolean> {
    const rows = await this.#sql.all("DELETE FROM access_tokens WHERE name = @name RETURNING id", { name });
    return rows.length > 0;
  }

  /** The token of a secret, unless it has expired. Secrets are 192 random bits, so that a plain hash is enough. */
  async tokenOf(secret: string, now: Date): Promise<AccessToken | undefined> {
    const at = now.toISOString();
    const [row] = await this.#sql.all(
      "SELECT * FROM access_tokens WHERE hash = @hash AND (expires_at IS NULL OR expires_at > @at)",
      { hash: hashOf(secret), at },
    );
    if (!row) return undefined;
    const used = String(row["used_at"] ?? "");
    if (used.slice(0, 16) !== at.slice(0, 16))
      await this.#sql.all("UPDATE access_tokens SET used_at = @at WHERE id = @id", { at, id: String(row["id"]) });
    return accessToken(row);
  }

  /** Whether a token is still valid: sessions of a browser outlive none. */
  async token(id: string, now: Date): Promise<AccessToken | undefined> {
    const [row] = await this.#sql.all(
      "SELECT * FROM access_tokens WHERE id = @id AND (expires_at IS NULL OR expires_at > @at)",
      { id, at: now.toISOString() },
    );
    return row && accessToken(row);
  }

  async audit(entry: Omit<AuditEntry, "id" | "at">, now: Date): Promise<void> {
    const { who, address, action, subject, outcome, detail } = entry;
    await this.#sql.batch([
      {
        text: `INSERT INTO audit (id, at, who, address, action, subject, outcome, detail)
          VALUES (@id, @at, @who, @address, @action, @subject, @outcome, @detail)`,
        values: { id: newRunId(), at: now.toISOString(), who, address, action, subject, outcome, detail },
      },
      {
        text: "DELETE FROM audit WHERE id < @old",
        values: { old: runIdPrefix(now.getTime() - auditMs) },
      },
    ]);
  }

  /** What was done, newest first; `before`: only entries with a smaller id. */
  async audits(limit = 50, before?: string): Promise<AuditEntry[]> {
    const rows = await this.#sql.all(`SELECT * FROM audit WHERE id < @before ORDER BY id DESC LIMIT @limit`, {
      limit,
      before: before ?? "~",
    });
    return rows.map((row) => ({
      id: String(row["id"]),
      at: String(row["at"]),
      who: String(row["who"]),
      address: String(row["address"]),
      action: String(row["action"]),
      subject: String(row["subject"]),
      outcome: String(row["outcome"]) as AuditEntry["outcome"],
      detail: text(row["detail"]),
    }));
  }

  /**
   * Takes an idempotency key for a request. `new`: do it, then call {@link answer}. `same`: it was done, this is what it came
   * to; without `status` it is being done. `other`: the key belongs to another request.
   */
  async begin(
    key: string,
    request: string,
    now: Date,
  ): Promise<{ is: "new" } | { is: "other" } | { is: "same"; status: number | null; answer: string | null }> {
    const hash = hashOf(request);
    const [, added = [], found = []] = await this.#sql.batch([
      {
        text: "DELETE FROM answered_requests WHERE at < @old",
        values: { old: new Date(now.getTime() - answersMs).toISOString() },
      },
      {
        text: `INSERT INTO answered_requests (key, request, at) VALUES (@key, @hash, @at)
          ON CONFLICT (key) DO NOTHING RETURNING key`,
        values: { key, hash, at: now.toISOString() },
      },
      { text: "SELECT * FROM answered_requests WHERE key = @key", values: { key } },
    ]);
    const [row] = found;
    if (added.length > 0 || !row) return { is: "new" };
    if (row["request"] !== hash) return { is: "other" };
    return { is: "same", status: row["status"] === null ? null : Number(row["status"]), answer: text(row["answer"]) };
  }

  /** What a request came to; with null it did not happen, and may be tried again. */
  async answer(key: string, outcome: { status: number; answer: string } | null): Promise<void> {
    if (outcome === null) {
      await this.#sql.all("DELETE FROM answered_requests WHERE key = @key", { key });
      return;
    }
    await this.#sql.all("UPDATE answered_requests SET status = @status, answer = @answer WHERE key = @key", {
      key,
      ...outcome,
    });
  }
}

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

const accessToken = (row: Row): AccessToken => ({
  id: String(row["id"]),
  name: String(row["name"]),
  ...grantOf(row),
  createdAt: String(row["created_at"]),
  createdBy: String(row["created_by"]),
  expiresAt: text(row["expires_at"]),
  usedAt: text(row["used_at"]),
});
