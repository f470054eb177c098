import { TextDecoder } from "node:util";
import { didYouMean } from "#errors/index.ts";
import { ingestErrors } from "../errors.ts";
import { listPaths, valueAt } from "../records/json-path.ts";
import type { RecordSpool } from "../records/spool.ts";
import { type Client, label, Passing } from "./client.ts";
import type { PageFacts } from "./pages.ts";
import { splitterOf } from "./split-lines.ts";
import { TooLong } from "./split-records.ts";

/** Reads one answer into the spool. Throws {@link Passing} when it was cut short. Errors: ING-043 to ING-048. */
export async function readPage(
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
  const splitter = splitterOf(api.records, response.headers.get("content-type"), (text) => {
    if (bad !== undefined) return;
    try {
      spool.add(secrets.redactData(text));
    } catch (error) {
      bad = error;
    }
  });
  const decoder = decoderOf(response);
  let first = "";
  const refuseBad = () => {
    // Of the last record a cut-off end is no JSON either; that the answer is complete is known only at its end.
    if (bad !== undefined) throw bad instanceof SyntaxError ? broken("broken JSON") : bad;
  };
  const take = (text: string) => {
    if (first === "") {
      first = text.trimStart().slice(0, 200);
      if (first.startsWith("<")) throw broken("HTML or XML");
      if (first !== "" && !/^[[{"\dtfn-]/.test(first)) throw broken("no JSON");
    }
    splitter.push(text);
    refuseBad();
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
    splitter.end?.();
    refuseBad();
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
  if (!splitter.complete) throw new Passing("the answer broke off in the middle");
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
  const lists = listPaths(rest, 3);
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
