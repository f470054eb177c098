import { isLabsError } from "#errors/index.ts";
import type { ApiConfig, SourceConfig } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";
import type { PageStart } from "../records/resume.ts";
import type { RecordSpool } from "../records/spool.ts";
import { Authorization } from "./auth.ts";
import { type Client, label, type PageRequest } from "./client.ts";
import type { PollEffects } from "./effects.ts";
import { httpUrl } from "./follow.ts";
import { firstStep, type PageFacts, Pages, type Params, type Step, Stuck } from "./pages.ts";
import { readPage } from "./read-page.ts";
import { fewRepeats, Repeats } from "./repeats.ts";
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
  /** Where an earlier poll stopped. */
  resume?: PageStart;
  /** After every page but the last, with the place of the next one. */
  onPage?: (next: PageStart) => Promise<void>;
}

/** What a server may answer to a cursor that it has forgotten. */
const forgotten = ["ING-042", "ING-043", "ING-044", "ING-045", "ING-046"];

/**
 * Fetches every page of a source into the spool, one after another. A page that breaks off is taken back and asked for
 * again; when it cannot be had, the whole poll fails and nothing of it is loaded. Errors: ING-040 to ING-048, ING-013.
 */
export async function pollApi(options: PollApiOptions): Promise<void> {
  const { source, api, from, secrets, effects, signal } = options;
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
  if (options.resume) {
    const { step, url, body, seen } = options.resume;
    const place = { step, answeredAt: new URL(url), body, seen };
    if (await followPages(options, client, base, cursor, place, true)) return;
  }
  await followPages(
    options,
    client,
    base,
    cursor,
    { step: firstStep(pagination), answeredAt: base, body: undefined },
    false,
  );
}

/** Fetches page after page. When the place was kept from an earlier poll and is worth nothing any more: false, and nothing came. */
async function followPages(
  options: PollApiOptions,
  client: Client,
  base: URL,
  cursor: Params,
  place: { step: Step; answeredAt: URL; body: string | undefined; seen?: string | undefined },
  resumed: boolean,
): Promise<boolean> {
  const { source, api, spool, signal } = options;
  const pages = new Pages(api.pagination, place.step);
  const repeats = new Repeats();
  let step: Step | undefined = place.step;
  let read: { step: Step; hash: string } | undefined;
  const numbered = api.pagination.type === "page" || api.pagination.type === "offset";
  let { answeredAt, body } = place;
  for (let page = 1; step !== undefined; page++) {
    signal?.throwIfAborted();
    if (page > api.maxPages) throw tooManyPages(client, api);
    const request = requestOf(client, base, cursor, step, { url: answeredAt, body });
    const { url } = request;
    await spool.beginPage();
    try {
      const ask = () =>
        send(
          client,
          request,
          (response, alive) => readPage(client, url, response, alive, spool),
          () => spool.undoPage(),
        );
      let answer = await ask();
      if (spool.pageHash !== undefined && repeats.knows(spool.pageHash)) {
        // A cache or a balancer may have answered with another page, whose place this one's records would leave empty.
        await spool.undoPage();
        answer = await ask();
      }
      const { rest, link, end, at } = answer;
      if (place.seen !== undefined && page === 1 && spool.pageHash !== place.seen) {
        // Records came or went before this place: what lies there now is not what follows what was loaded.
        await spool.undoPage();
        return false;
      }
      const { records, last, hash } = spool.endPage();
      read = { step, hash };
      if (resumed && page === 1 && records === 0) return false;
      step = nextStep(client, url, pages, { records, last, rest, link, end });
      // What the next link is relative to: where redirects have led.
      answeredAt = URL.canParse(at) ? new URL(at) : url;
      body = request.body;
      // As many records as a small page holds may well be inserted while we page. Behind a large one that repeats there are
      // records that never came: the next full poll finds them, one that asks from a cursor on would not.
      const keyed = source.key.length > 0;
      const most = keyed && (!api.incremental || records < 10) ? fewRepeats : 0;
      const circle = records > 0 ? repeats.check(hash, page, records, most, keyed) : undefined;
      if (circle !== undefined) throw stuck(client, url, circle);
    } catch (error) {
      if (!resumed || page > 1 || !isLabsError(error) || !forgotten.includes(error.code)) throw error;
      await spool.undoPage();
      return false;
    }
    if (step === undefined) continue;
    // A number means a place only together with what lies before it: the page that was just read is asked for again.
    const from = numbered && read ? { step: read.step, seen: read.hash } : { step };
    await options.onPage?.({ ...from, url: answeredAt.href, ...(body !== undefined && { body }) });
  }
  return true;
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
