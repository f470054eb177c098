import type { Random } from "./random.ts";
import { allTypes, groups, indirects, type Item, type Json, names, tags } from "./vocabulary.ts";

const globs = ["*", "st*", "*x*", "?", "[ab]", "[!a]*", "a*", "o[a-r]*", "[", "**"];

function value(random: Random, all: Json): string {
  const roll = random.int(10);
  if (roll < 4) return random.pick(names);
  if (roll < 6) return random.pick(globs);
  const node = random.pick(Object.values({ ...all.nodes, ...all.sources, ...all.exposures }) as Json[]);
  if (!node) return "nothing";
  const fqn = node.fqn as string[];
  if (roll === 6) return fqn.join(".");
  if (roll === 7) return fqn.slice(0, 1 + random.int(fqn.length)).join(".");
  if (roll === 8) return fqn.slice(1).join(".");
  return [...fqn.slice(0, random.int(fqn.length)), random.pick(globs)].join(".");
}

const stateValues = [
  "new",
  "old",
  "modified",
  "unmodified",
  "modified.body",
  "modified.configs",
  "modified.relation",
  "modified.persisted_descriptions",
  "modified.macros",
  "modified.contract",
  "nonsense",
];

function atom(random: Random, item: Item): string {
  const all = item.manifest;
  const dotted = (): string =>
    (random.chance(0.3) ? `${random.pick(["root", "pkg", "*"])}.` : "") + random.pick([...names, ...globs]);
  switch (random.int(26)) {
    case 0:
      return `tag:${random.pick([...tags, "n*", "?"])}`;
    case 1:
      return `config.materialized:${random.pick(["table", "view", "incremental", "test", "seed"])}`;
    case 2:
      return random.pick([
        "config.meta.owner:amy",
        "config.meta.level:1",
        "config.meta.on:true",
        "config.meta.on:False",
        "config.tags:nightly",
        "config.severity:warn",
        "config.severity:ERROR",
        "config.unique_key:id",
        "config.persist_docs.relation:true",
        "config.mine:true",
        "config.mine:q",
        "config.mine:x",
        "config.access:public",
        "config.nothing:here",
        "config.group:fin",
        "config.enabled:true",
        "config:x",
        "config.materialized.x:view",
        "config.contract.enforced:false",
        "config.docs.show:true",
        "config.meta.keys:x",
      ]);
    case 3:
      return `source:${random.pick(["raw", "erp", "*", "raw.*", `raw.${random.pick(names)}`, "root.raw.*", "*.*.a", "a.b.c.d"])}`;
    case 4:
    case 5:
      return random.pick([
        "path:models",
        "path:models/",
        "path:models/*",
        "path:models/staging",
        "path:models/**",
        "path:models/**/*.sql",
        "path:models/marts/core",
        "path:models/*/a.sql",
        "path:models/schema.yml",
        "path:tests",
        "path:**/_stg.yml",
        "path:./models/a",
        "path:dbt_project.yml",
        "path:*",
        "path:models/[am]*",
        "path:../x",
        "path:models/sources.yml/",
        "models/staging/a.sql",
        "models/marts",
        "path:models/.hid",
        "path:nowhere",
        "path:/absolute",
        "path:models/a**",
      ]);
    case 6:
      return random.pick([
        "a.sql",
        "file:a",
        "file:*.csv",
        "file:st*",
        "orders.csv",
        "A.SQL",
        "file:schema.yml",
        "b.py",
      ]);
    case 7:
      return `package:${random.pick(["this", "root", "pkg", "p*", "none"])}`;
    case 8:
      return `test_type:${random.pick(["generic", "singular", "unit", "data", "schema", "sing", "x", "d"])}`;
    case 9:
      return `test_name:${random.pick(["not_null", "unique", "*", "ut_1", "acc*"])}`;
    case 10:
      return `resource_type:${random.pick([...allTypes, "nothing"])}`;
    case 11:
      return `exposure:${dotted()}`;
    case 12:
      return `metric:${dotted()}`;
    case 13:
      return `semantic_model:${dotted()}`;
    case 14:
      return `saved_query:${dotted()}`;
    case 15:
      return `unit_test:${random.pick(["ut_1", "ut_*", "root.ut_2", "a.b.c"])}`;
    case 16:
      return `version:${random.pick(["latest", "old", "prerelease", "none", "new"])}`;
    case 17:
      return `group:${random.pick([...groups, "f*", "*"])}`;
    case 18:
      return `access:${random.pick(["public", "private", "protected", "p*"])}`;
    case 19:
      return `state:${random.pick(stateValues)}`;
    case 20:
      return random.pick(["result:error", "result:success", "source_status:fresher", "result:fail", "source_status:x"]);
    case 21:
      return item.selectors ? `selector:${random.pick(["s0", "s1", "s*", "s2", "none"])}` : value(random, all);
    case 22:
      return random.pick([
        "nonsense:x",
        "fqn:*",
        "fqn:",
        "tag:",
        "",
        "*",
        "a:b:c",
        "+",
        "@",
        "1+2",
        "@+a",
        "a+b",
        "++a",
      ]);
    default:
      return random.chance(0.2) ? `fqn:${value(random, all)}` : value(random, all);
  }
}

function term(random: Random, item: Item): string {
  const before = random.pick(["", "", "", "", "+", "1+", "2+", "0+", "@", "3+"]);
  const after = before === "@" && random.chance(0.9) ? "" : random.pick(["", "", "", "", "+", "+1", "+2", "+0"]);
  return `${before}${atom(random, item)}${after}`;
}

/** One `--select` argument. */
export function expression(random: Random, item: Item): string {
  const parts = Array.from({ length: 1 + (random.chance(0.3) ? 1 + random.int(2) : 0) }, () => {
    return Array.from({ length: 1 + (random.chance(0.25) ? 1 : 0) }, () => term(random, item)).join(",");
  });
  return parts.join(random.chance(0.05) ? "  " : " ");
}

/** What a selectors.yml may hold, now and then something that dbt refuses. */
export function definition(random: Random, item: Item, depth: number): any {
  const roll = random.int(depth > 2 ? 5 : 10);
  const text = () => term(random, item);
  if (roll < 3) return text();
  const [method = "fqn", plain = "*"] = /^([\w.]+):(.*)$/.exec(atom(random, item))?.slice(1) ?? [];
  if (roll === 3) return { [method]: plain };
  if (roll === 4) {
    return {
      method,
      value: random.chance(0.2) && method.startsWith("config.") ? random.pick([1, true, false, null, 0]) : plain,
      ...(random.chance(0.3) ? { parents: random.chance(0.8) } : {}),
      ...(random.chance(0.2) ? { parents_depth: random.pick([0, 1, 2, "1"]) } : {}),
      ...(random.chance(0.3) ? { children: true } : {}),
      ...(random.chance(0.2) ? { children_depth: random.int(3) } : {}),
      ...(random.chance(0.1) ? { childrens_parents: true } : {}),
      ...(random.chance(0.2) ? { indirect_selection: random.pick([...indirects, "odd"]) } : {}),
      ...(random.chance(0.3) ? { exclude: [definition(random, item, depth + 1)] } : {}),
    };
  }
  const kind = roll < 8 ? "union" : "intersection";
  const members = Array.from({ length: 1 + random.int(3) }, () => definition(random, item, depth + 1));
  if (random.chance(0.3))
    members.push({ exclude: Array.from({ length: random.int(3) }, () => definition(random, item, depth + 1)) });
  if (random.chance(0.05)) members.push({ exclude: [text()] });
  return random.chance(0.03) ? { [kind]: "text" } : { [kind]: members };
}
