import { ingestErrors } from "../errors.ts";
import { type Client, label, type PageRequest } from "./client.ts";

const mostRedirects = 10;

/** Follows redirects by hand: secrets and declared headers go to the API's own origin only. */
export async function follow(
  client: Client,
  request: PageRequest,
  signal: AbortSignal,
  alive: () => void,
): Promise<Response> {
  let { url, body } = request;
  let method: string = client.api.method;
  for (let hops = 0; ; hops++) {
    const own = url.origin === client.origin;
    const { headers, query } = own ? await client.authorization.current() : { headers: {}, query: [] };
    const target = new URL(url);
    for (const [name, value] of query) target.searchParams.set(name, value);
    const response = await client.effects.fetch(target.href, {
      method,
      redirect: "manual",
      signal,
      headers: headersOf(client, {
        accept: "application/json",
        "user-agent": "buildcpg-labs",
        ...(own && client.api.headers),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      }),
      ...(body !== undefined && own && { body }),
    });
    alive();
    const to = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || to === null) return response;
    await response.body?.cancel();
    if (hops >= mostRedirects || !URL.canParse(to, url.href)) {
      throw ingestErrors.badAnswer({
        message: `${label(client, request.url)} redirects ${hops >= mostRedirects ? `more than ${mostRedirects} times` : "to no URL"}.`,
        place: client.api.places.url,
        hint: "Correct the address in lab.yml.",
      });
    }
    url = httpUrl(client, to, url);
    if (response.status === 303 || (method === "POST" && response.status < 303)) {
      method = "GET";
      body = undefined;
    }
  }
}

/** Errors: ING-043 for what no header can carry; Node's own error would show the value. */
function headersOf(client: Client, wanted: Record<string, string>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(wanted)) {
    try {
      headers.set(name, value);
    } catch {
      throw ingestErrors.badAnswer({
        message: `The header ${JSON.stringify(name)} of the source ${client.source.name} cannot be sent: its name or its value has characters that no header can carry.`,
        place: client.api.places.auth,
        hint: "Correct the name in lab.yml, or the value of the variable.",
      });
    }
  }
  return headers;
}

/** A URL that an answer gave. Errors: ING-043. */
export function httpUrl(client: Client, text: string, base: URL): URL {
  const url = URL.canParse(text, base.href) ? new URL(text, base) : undefined;
  if (url && (url.protocol === "http:" || url.protocol === "https:")) {
    // Names and passwords in addresses would end in logs.
    url.username = "";
    url.password = "";
    return url;
  }
  throw ingestErrors.badAnswer({
    message: client.secrets.redact(
      `${label(client, base)} leads to ${JSON.stringify(text.slice(0, 200))}, which is no address.`,
    ),
    place: client.api.places.pagination,
    hint: "Check `pagination` in lab.yml; the next page's address must be http or https.",
  });
}
