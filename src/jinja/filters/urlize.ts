import { bindArguments } from "../arguments.ts";
import { escape, escapeHtml } from "../markup.ts";
import { pyError } from "../errors.ts";
import { indexNumber } from "../numbers.ts";
import { repr, str, textOf, toArray, truthy } from "../operations.ts";
import type { FilterFunction } from "../registry.ts";
import type { Value } from "../value.ts";

const httpUrl =
  /^((https?:\/\/|www\.)(([\w%-]+\.)+)?([a-z]{2,63}|xn--[\w%]{2,59})|([\w%-]{2,63}\.)+(com|net|int|edu|gov|org|info|mil)|(https?:\/\/)((([\d]{1,3})(\.[\d]{1,3}){3})|(\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}\])))(?::[\d]{1,5})?(?:[/?#]\S*)?$/i;
const email = /^\S+@\w[\w.-]*\.\w+$/;
const brackets: [string, string][] = [
  ["(", ")"],
  ["<", ">"],
  ["&lt;", "&gt;"],
];

const count = (text: string, part: string): number => text.split(part).length - 1;

/** `urlize`: URLs and e-mail addresses in a text become links. */
export const urlize: FilterFunction = (value, args, kwargs) => {
  const [text, limitValue = null, nofollow = false, target = null, relValue = null, schemes = null] = bindArguments(
    "do_urlize",
    ["value", "trim_url_limit?", "nofollow?", "target?", "rel?", "extra_schemes?"],
    [value, ...args],
    kwargs,
  );
  const rels = new Set((textOf(relValue) ?? "").split(/\s+/).filter(Boolean));
  if (truthy(nofollow)) rels.add("nofollow");
  rels.add("noopener");
  const rel = Array.from(rels).sort().join(" ");
  const limit = indexNumber(limitValue);
  const extra = schemes === null ? [] : toArray(schemes).map(str);
  for (const scheme of extra) {
    if (!/^[\w.+-]{2,}:\/{0,2}$/.test(scheme)) {
      throw pyError("TemplateRuntimeError", `${repr(scheme)} is not a valid URI scheme prefix.`);
    }
  }
  const attributes = `${rel ? ` rel="${escapeHtml(rel)}"` : ""}${target === null ? "" : ` target="${escape(target).text}"`}`;
  const short = (url: string): string =>
    limit !== undefined && url.length > limit ? `${url.slice(0, limit)}...` : url;
  const link = (href: string, shown: string): string => `<a href="${href}"${attributes}>${short(shown)}</a>`;
  return escape(text as Value)
    .text.split(/(\s+)/)
    .map((word) => linkWord(word, extra, link))
    .join("");
};

const mail = (href: string, shown: string): string => `<a href="${href}">${shown}</a>`;

function linkWord(word: string, extra: string[], link: (href: string, shown: string) => string): string {
  let head = "";
  let middle = word;
  let tail = "";
  const open = /^([(<]|&lt;)+/.exec(middle);
  if (open) {
    head = open[0];
    middle = middle.slice(head.length);
  }
  if (/([)>.,\n]|&gt;)$/.test(middle)) {
    const close = /([)>.,\n]|&gt;)+$/.exec(middle);
    if (close) {
      tail = close[0];
      middle = middle.slice(0, close.index);
    }
  }
  for (const [start, end] of brackets) {
    const opened = count(middle, start);
    if (opened <= count(middle, end)) continue;
    for (let i = 0; i < Math.min(opened, count(tail, end)); i++) {
      const at = tail.indexOf(end) + end.length;
      middle += tail.slice(0, at);
      tail = tail.slice(at);
    }
  }
  if (httpUrl.test(middle)) {
    middle = /^https?:\/\//.test(middle) ? link(middle, middle) : link(`https://${middle}`, middle);
  } else if (middle.startsWith("mailto:") && email.test(middle.slice(7))) middle = mail(middle, middle.slice(7));
  else if (
    middle.includes("@") &&
    !middle.startsWith("www.") &&
    !middle.startsWith("@") &&
    !middle.includes(":") &&
    email.test(middle)
  ) {
    middle = mail(`mailto:${middle}`, middle);
  } else {
    for (const scheme of extra) if (middle !== scheme && middle.startsWith(scheme)) middle = link(middle, middle);
  }
  return head + middle + tail;
}
