import { isLabsError } from "#errors/index.ts";
import { ingestErrors } from "../errors.ts";
import { type Client, label, type PageRequest, Passing } from "./client.ts";

/** An answer that is none, as far as it matters. */
export interface Refusal {
  status: number;
  /** Origin of whoever refused, at the end of redirects. */
  origin: string;
  text: string;
  pauseMs?: number;
}

/** What a failed fetch or a broken body means in words, or undefined for an error that is none of the network's. */
export function networkFailure(error: unknown): string | undefined {
  if (error instanceof Passing) return error.message;
  if (!(error instanceof Error) || isLabsError(error)) return undefined;
  const cause = error.cause as (Error & { code?: string }) | undefined;
  const code = cause?.code ?? (error as NodeJS.ErrnoException).code;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "there is no server of that name";
  if (code === "ECONNREFUSED") return "nobody answers there";
  if (code?.startsWith("Z_") || code?.startsWith("ERR_Z")) return "the compressed answer is broken";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER") return `it does not speak HTTPS (${code})`;
  if (code !== undefined && isCertificate(code)) return `its certificate is not accepted (${code})`;
  // What fetch says when there is no connection, and when a body ends too early.
  if (error.message === "fetch failed" || error.message === "terminated" || code !== undefined) {
    return `the connection broke${code ? ` (${code})` : ""}`;
  }
  return undefined;
}

/** Codes of OpenSSL's X509_V_ERR and of Node for a certificate that cannot be trusted. */
const isCertificate = (code: string): boolean => /^(CERT_|ERR_TLS|SELF_SIGNED|UNABLE_TO_|INVALID_CA)|_CERT$/.test(code);

/** What to do about a connection that does not come about; undefined when nothing more is known than that. */
export function connectionHint(error: unknown, env: NodeJS.ProcessEnv): string | undefined {
  const code = error instanceof Error ? (error.cause as { code?: string } | undefined)?.code : undefined;
  if (code === undefined) return undefined;
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER")
    return "Write the address with http://, or with the port that speaks HTTPS.";
  if (isCertificate(code))
    return "If an authority of your own has signed it, set NODE_EXTRA_CA_CERTS to the file of that authority's certificate.";
  const proxy = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].find((name) => env[name]);
  if (proxy !== undefined && env["NODE_USE_ENV_PROXY"] !== "1")
    return `Set NODE_USE_ENV_PROXY=1 when the way leads through the proxy that ${proxy} names: it is not used without.`;
  return undefined;
}

/** Retry-After as milliseconds: seconds, or a date. */
export function pauseOf(response: Response, now: number): number | undefined {
  const text = response.headers.get("retry-after")?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** What the answer says about itself, for the error. */
export async function excerpt(client: Client, response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > 20_000) break;
    }
  } catch {
    // The status says enough.
  }
  const html = /^\s*</.test(text);
  const words = html ? (/<title[^>]*>([^<]*)</i.exec(text)?.[1] ?? "") : text;
  const short = client.secrets.redact(words.replace(/\s+/g, " ").trim()).slice(0, 300);
  return short === "" ? "" : `: ${short}`;
}

/** ING-042. */
export function refused(client: Client, request: PageRequest, { status, origin, text }: Refusal) {
  const auth = client.api.auth.length > 0;
  const hint =
    status === 401 || status === 403
      ? auth && origin !== client.origin
        ? `It was ${origin} that refused, and secrets go to ${client.origin} only: write its address as \`url\` if it is to have them.`
        : auth
          ? "Check the value and the rights of the secret that `auth` names."
          : "The API wants to know who asks: add `auth:` to the source."
      : status === 404
        ? "Check `url` and, when pages end like this, say `end: not_found` under `pagination`."
        : "Check `url`, `query`, `headers` and `pagination` of the source.";
  return ingestErrors.refused({
    message: client.secrets.redact(`${label(client, request.url)} was refused with ${status}${text}`),
    place: status === 401 || status === 403 ? client.api.places.auth : client.api.places.url,
    hint,
    data: { source: client.source.name, status },
  });
}
