import type { ApiConfig, SourceConfig } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";
import type { RecordSpool } from "../records/spool.ts";
import { Authorization } from "./auth.ts";
import { type Client, label, type PageRequest } from "./client.ts";
import type { PollEffects } from "./effects.ts";
import { httpUrl } from "./follow.ts";
import { firstStep, type PageFacts, Pages, type Params, type Step, Stuck } from "./pages.ts";
import { readPage } from "./read-page.ts";
import { Repeats } from "./repeats.ts";
import { send } from "./request.ts";
import type { Secrets } from "./secrets.ts";
import { baseUrl } from "./url.ts";

export interface PollApiOptions {
  source: SourceConfig;
  api: ApiConfig;
  /** What `incremental` asks from, or undefined for everything. */
  from: string | undefined;
  spool: RecordSpool;
  secrets: Secrets;
  effects: PollEffects;
  signal?: AbortSignal;
}

/**
 * Fetches every page of a source into the spool, one after another. A page that breaks off is taken back and asked for
 * again; when it cannot be had, the whole poll fails and nothing of it is loaded. Errors: ING-040 to ING-048, ING-013.
 */
export async function pollApi(options: PollApiOptions): Promise<void> {
  const { source, api, from, spool, secrets, effects, signal } = options;
  const base = baseUrl(source, api, effects.env);
  const client: Client = {
    source,
    api,
    origin: base.origin,
    authorization: new Authorization(source, api, secrets, effects, signal),
    secrets,
    effects,
    notBefore: 0,
    ...(signal && { signal }),
  };
  const { incremental, pagination } = api;
  const number = from !== undefined && /^-?\d{1,15}$/.test(from);
  const cursor: Params = incremental && from !== undefined ? [[incremental.param, number ? Number(from) : from]] : [];
  const pages = new Pages(pagination);
  const repeats = new Repeats();
  let step: Step | undefined = firstStep(pagination);
  let request: PageRequest | undefined;
  let answeredAt = base;
  for (let page = 1; step !== undefined; page++) {
    signal?.throwIfAborted();
    if (page > api.maxPages) throw tooManyPages(client, api);
    request = requestOf(client, base, cursor, step, { url: answeredAt, body: request?.body });
    const { url } = request;
    await spool.beginPage();
    const { rest, link, end, at } = await send(
      client,
      request,
      (response, alive) => readPage(client, url, response, alive, spool),
      () => spool.undoPage(),
    );
    const { records, last, hash } = spool.endPage();
    step = nextStep(client, url, pages, { records, last, rest, link, end });
    // What the next link is relative to: where redirects have led.
    answeredAt = URL.canParse(at) ? new URL(at) : url;
    const circle = records > 0 ? repeats.check(hash, page, records, source.key.length > 0) : undefined;
    if (circle !== undefined) throw stuck(client, url, circle);
  }
}

function requestOf(
  client: Client,
  base: URL,
  cursor: Params,
  step: Step,
  before: { url: URL; body: string | undefined },
): PageRequest {
  const { api } = client;
  const fixed = { ...api.body };
  if ("url" in step) {
    const url = httpUrl(client, step.url, before.url);
    return { url, ...(before.body !== undefined && { body: before.body }) };
  }
  const url = new URL(base);
  for (const name of new Set(api.query.map(([name]) => name))) url.searchParams.delete(name);
  for (const [name, value] of api.query) url.searchParams.append(name, value);
  const params = [...cursor, ...step.params];
  if (api.paramsIn === "query") for (const [name, value] of params) url.searchParams.set(name, String(value));
  else for (const [name, value] of params) fixed[name] = value;
  return { url, ...(api.method === "POST" && { body: JSON.stringify(fixed) }) };
}

function nextStep(client: Client, url: URL, pages: Pages, facts: PageFacts): Step | undefined {
  try {
    return pages.next(facts);
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    throw stuck(client, url, error.message);
  }
}

const stuck = (client: Client, url: URL, why: string) =>
  ingestErrors.pagesStuck({
    message: client.secrets.redact(`The pages of ${client.source.name} lead nowhere at ${label(client, url)}: ${why}.`),
    place: client.api.places.pagination,
    hint: "Nothing was loaded. Check `pagination`: the name of `param`, and the paths into the answer.",
    data: { source: client.source.name },
  });

const tooManyPages = (client: Client, api: ApiConfig) =>
  ingestErrors.pollTooLarge({
    message: `The source ${client.source.name} has more than ${api.maxPages} pages.`,
    place: api.places.pagination,
    hint: "Nothing was loaded. Raise `max_pages` in lab.yml, ask for larger pages, or for less.",
    data: { source: client.source.name, max_pages: api.maxPages },
  });
