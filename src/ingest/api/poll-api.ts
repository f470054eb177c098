import { TextDecoder } from "node:util";
import { didYouMean } from "#errors/index.ts";
import type { ApiConfig, SourceConfig } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";
import { valueAt } from "../records/json-path.ts";
import type { RecordSpool } from "../records/spool.ts";
import { Authorization } from "./auth.ts";
import type { PollEffects } from "./effects.ts";
import { firstStep, type PageFacts, Pages, type Params, type Step, Stuck } from "./pages.ts";
import { type Client, httpUrl, label, type PageRequest, Passing, send } from "./request.ts";
import type { Secrets } from "./secrets.ts";
import { RecordSplitter, TooLong } from "./split-records.ts";
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

/** Reads one answer into the spool. Throws {@link Passing} when it was cut short. Errors: ING-043 to ING-048. */
async function readPage(
  client: Client,
  url: URL,
  response: Response,
  alive: () => void,
  spool: RecordSpool,
): Promise<Pick<PageFacts, "rest" | "link" | "end"> & { at: string }> {
  const { api, secrets } = client;
  const header = response.headers.get("link");
  const facts = { link: header === null ? null : secrets.redactData(header), at: response.url };
  if (response.status === 204 || response.status === 404) {
    await response.body?.cancel();
    return { ...facts, rest: undefined, end: true };
  }
  const broken = (what: string, more: { hint?: string } = {}) => notJson(client, url, response, what, more.hint);
  let bad: unknown;
  const splitter = new RecordSplitter(api.records ?? ".", (text) => {
    if (bad !== undefined) return;
    try {
      spool.add(secrets.redactData(text));
    } catch (error) {
      bad = error;
    }
  });
  const decoder = decoderOf(response);
  let first = "";
  const take = (text: string) => {
    if (first === "") {
      first = text.trimStart().slice(0, 200);
      if (first.startsWith("<")) throw broken("HTML or XML");
      if (first !== "" && !/^[[{"\dtfn-]/.test(first)) throw broken("no JSON");
    }
    splitter.push(text);
    // Of the last record a cut-off end is no JSON either; that the answer is complete is known only at its end.
    if (bad !== undefined) throw bad instanceof SyntaxError ? broken("broken JSON") : bad;
  };
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      alive();
      spool.count(chunk.length);
      take(decoder.decode(chunk, { stream: true }));
      if (spool.full) {
        await spool.flush();
        alive();
      }
    }
    take(decoder.decode());
  } catch (error) {
    if (error instanceof TooLong) {
      throw ingestErrors.pollTooLarge({
        message: `${label(client, url)} sent ${error.message} of more than 256 million characters.`,
        place: api.places.records,
        hint: "Ask for smaller pages, or correct `records`.",
      });
    }
    if (error instanceof TypeError && (error as NodeJS.ErrnoException).code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
      throw broken("text that is not UTF-8");
    }
    throw error;
  }
  if (!splitter.complete || first === "") throw new Passing("the answer broke off in the middle");
  const rest = parseRest(secrets.redactData(splitter.rest), broken);
  if (!splitter.foundList) otherThanList(client, url, rest, splitter.rest, spool);
  return { ...facts, rest, end: false };
}

function parseRest(text: string, broken: (what: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw broken("broken JSON");
  }
}

function decoderOf(response: Response): TextDecoder {
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(response.headers.get("content-type") ?? "")?.[1];
  try {
    return new TextDecoder(charset ?? "utf-8", { fatal: true });
  } catch {
    return new TextDecoder("utf-8", { fatal: true });
  }
}

/** There is no list where the records should be: one record, none, or a wrong path. Errors: ING-045. */
function otherThanList(client: Client, url: URL, rest: unknown, text: string, spool: RecordSpool): void {
  const { records } = client.api;
  const found = records === undefined ? rest : valueAt(rest, records);
  // `"items": null` is how some languages write an empty list.
  if (found === null && records !== undefined && records !== ".") return;
  if (records === "." && found !== null && typeof found === "object") {
    spool.add(client.secrets.redactData(text));
    return;
  }
  const lists = listPaths(rest, "", 3);
  const meant = lists[0] ?? (records === undefined ? undefined : didYouMean(records, keysOf(rest)));
  const what =
    records === undefined
      ? `is ${found === null ? "null" : `a ${typeof found === "object" ? "mapping" : typeof found}`}, not a list`
      : `has ${found === undefined ? "nothing" : "no list"} at \`${records}\``;
  throw ingestErrors.recordsMissing({
    message: `The answer of ${label(client, url)} ${what}; its keys are ${keysOf(rest).slice(0, 20).join(", ") || "none"}.`,
    place: client.api.places.records,
    hint: meant
      ? `Did you mean \`records: ${meant}\`?`
      : "Say where the list of records is: `records: data.items`, or `records: .` when the answer is one record.",
    data: { source: client.source.name, lists },
  });
}

const keysOf = (value: unknown): string[] =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? Object.keys(value) : [];

function listPaths(value: unknown, prefix: string, levels: number): string[] {
  if (levels === 0 || value === null || typeof value !== "object" || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    return Array.isArray(item) ? [path] : listPaths(item, path, levels - 1);
  });
}

function nextStep(client: Client, url: URL, pages: Pages, facts: PageFacts): Step | undefined {
  try {
    return pages.next(facts);
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    throw stuck(client, url, error.message);
  }
}

/** Repeats that are taken in a row when a key tells records apart: what is inserted while we page pushes others on. */
const fewRepeats = 2;

/** Notices a server that ignores the page's parameter, or goes in circles under ever new addresses. */
class Repeats {
  readonly #seen = new Map<string, number>();
  #inRow = 0;

  /** Why the pages lead nowhere, or undefined. */
  check(hash: string, page: number, records: number, keyed: boolean): string | undefined {
    const before = this.#seen.get(hash);
    if (!this.#seen.has(hash)) this.#seen.set(hash, page);
    // Single records without a key may well repeat, but not right behind each other.
    const repeats = before !== undefined && (keyed || records > 1 || before === page - 1);
    this.#inRow = repeats ? this.#inRow + 1 : 0;
    if (this.#inRow <= (keyed ? fewRepeats : 0)) return undefined;
    return `page ${page} has exactly the records of page ${before}`;
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

function notJson(client: Client, url: URL, response: Response, what: string, hint?: string) {
  const type = response.headers.get("content-type");
  return ingestErrors.notJson({
    message: `${label(client, url)} answered ${response.status} with ${what}${type ? ` (content-type ${type.slice(0, 80)})` : ""} instead of JSON.`,
    place: client.api.places.url,
    hint:
      hint ?? "Nothing was loaded. Check the address: a login page or a proxy may have answered in place of the API.",
    data: { source: client.source.name, status: response.status },
  });
}
