import type { ApiConfig, AuthConfig, SourceConfig } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";
import type { PollEffects } from "./effects.ts";
import type { Secrets } from "./secrets.ts";

/** What identifies us in a request. */
export interface Credentials {
  headers: Record<string, string>;
  query: [string, string][];
}

interface Token {
  value: string;
  /** Milliseconds since 1970. */
  until: number;
}

/** The declared `auth` of a source, with its values taken from the environment. */
export class Authorization {
  readonly #source: SourceConfig;
  readonly #api: ApiConfig;
  readonly #secrets: Secrets;
  readonly #effects: PollEffects;
  readonly #signal: AbortSignal | undefined;
  #token: Token | undefined;

  /** Errors: ING-040 when a variable is not set. */
  constructor(source: SourceConfig, api: ApiConfig, secrets: Secrets, effects: PollEffects, signal?: AbortSignal) {
    this.#source = source;
    this.#api = api;
    this.#secrets = secrets;
    this.#effects = effects;
    this.#signal = signal;
    for (const auth of api.auth) {
      if (auth.type === "basic") this.#basic(auth);
      else if (auth.type === "oauth2") this.#client(auth);
      else this.#need(auth.env);
    }
  }

  async current(): Promise<Credentials> {
    const found: Credentials = { headers: {}, query: [] };
    for (const auth of this.#api.auth) {
      if (auth.type === "query") found.query.push([auth.name, this.#need(auth.env)]);
      else if (auth.type === "header") found.headers[auth.name] = auth.prefix + this.#need(auth.env);
      else if (auth.type === "basic") found.headers["authorization"] = this.#basic(auth);
      else found.headers["authorization"] = `Bearer ${(await this.#fresh(auth)).value}`;
    }
    return found;
  }

  /** Throws the token away after it was refused. False when there is none to renew. */
  async renew(): Promise<boolean> {
    const had = this.#token !== undefined;
    this.#token = undefined;
    return had;
  }

  #need(name: string): string {
    return this.#secrets.need(name, this.#source, this.#api.places.auth);
  }

  #basic(auth: Extract<AuthConfig, { type: "basic" }>): string {
    const user = auth.username ?? this.#need(auth.usernameEnv ?? "");
    const value = Buffer.from(`${user}:${this.#need(auth.passwordEnv)}`).toString("base64");
    this.#secrets.remember(value);
    return `Basic ${value}`;
  }

  #client(auth: Extract<AuthConfig, { type: "oauth2" }>): { id: string; secret: string } {
    return { id: this.#need(auth.clientIdEnv), secret: this.#need(auth.clientSecretEnv) };
  }

  async #fresh(auth: Extract<AuthConfig, { type: "oauth2" }>): Promise<Token> {
    if (this.#token && this.#token.until > this.#effects.clock()) return this.#token;
    const { id, secret } = this.#client(auth);
    const form = new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret });
    if (auth.scope !== undefined) form.set("scope", auth.scope);
    const timeout = AbortSignal.timeout(this.#api.timeoutMs);
    let answer: { status: number; text: string } | undefined;
    for (let attempt = 0; ; attempt++) {
      answer = undefined;
      try {
        const response = await this.#effects.fetch(auth.tokenUrl, {
          method: "POST",
          // A redirect would carry the client's secret to wherever it leads.
          redirect: "manual",
          headers: { accept: "application/json" },
          body: form,
          signal: this.#signal ? AbortSignal.any([timeout, this.#signal]) : timeout,
        });
        answer = { status: response.status, text: (await response.text()).slice(0, 1 << 20) };
        if (answer.status < 500 && answer.status !== 429) break;
      } catch {
        this.#signal?.throwIfAborted();
      }
      if (attempt >= this.#api.retries || timeout.aborted) break;
      await this.#effects.sleep(500 * 2 ** attempt * (0.5 + this.#effects.random() / 2), this.#signal);
    }
    const token = answer && answer.status >= 200 && answer.status < 300 ? tokenOf(answer.text) : undefined;
    if (token) {
      this.#secrets.remember(token.value);
      // A minute before its end, so that it does not end on the way.
      this.#token = { value: token.value, until: this.#effects.clock() + Math.max(1, token.seconds - 60) * 1000 };
      return this.#token;
    }
    const why = answer
      ? `answered ${answer.status}${answer.status < 300 ? " without an access_token" : ""}`
      : "did not answer";
    const url = URL.canParse(auth.tokenUrl) ? new URL(auth.tokenUrl) : undefined;
    throw ingestErrors.refused({
      message: this.#secrets.redact(
        `The token of the source ${this.#source.name} was not granted: ${url ? url.origin + url.pathname : auth.tokenUrl} ${why}.`,
      ),
      place: this.#api.places.auth,
      hint: `Check \`token_url\`, and the values of ${auth.clientIdEnv} and ${auth.clientSecretEnv}.`,
      data: { source: this.#source.name, ...(answer && { status: answer.status }) },
    });
  }
}

function tokenOf(text: string): { value: string; seconds: number } | undefined {
  try {
    const { access_token: value, expires_in: seconds } = JSON.parse(text) as Record<string, unknown>;
    if (typeof value !== "string" || value === "") return undefined;
    return { value, seconds: Number(seconds) > 0 ? Number(seconds) : 3600 };
  } catch {
    return undefined;
  }
}
