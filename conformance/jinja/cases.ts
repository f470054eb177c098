import {
  bindMacro,
  decimalType,
  extractBlocks,
  fromPlain,
  makeReturn,
  modules,
  parseMacros,
  parseTemplate,
  pythonType,
  type Scope,
  type Value,
} from "../../src/jinja/index.ts";

/** One case: a template with its context and macros, and what real Jinja in dbt's environment made of it. */
export interface Case {
  id: number | string;
  category?: string;
  template: string;
  context?: Record<string, unknown>;
  /** A file of macros; they are found by name, as in dbt. */
  macros?: string;
  expected?: string;
  /** `Type: message` */
  error?: string;
}

export type Outcome = { ok: true; text: string } | { ok: false; type: string; message: string };

const macroBlocks = new Set(["macro", "materialization", "test", "data_test", "docs", "snapshot"]);

/** Renders a case as dbt does: macros are extracted, parsed one by one, and share one namespace. */
export async function renderCase(item: Case): Promise<Outcome> {
  try {
    const names = new Map<string, Value>([
      ["return", makeReturn()],
      ["modules", modules],
      ["Decimal", decimalType],
    ]);
    for (const [key, value] of Object.entries(item.context ?? {})) names.set(key, fromPlain(value));
    const scope: Scope = { get: (name) => names.get(name) };
    const file = "macros.sql";
    for (const block of extractBlocks(item.macros ?? "", { file, allowed: macroBlocks })) {
      for (const macro of parseMacros(block.fullSource, {
        file,
        offset: block.offset,
        fileSource: item.macros ?? "",
      })) {
        names.set(macro.name, bindMacro(macro, scope));
      }
    }
    return { ok: true, text: await parseTemplate(item.template, { file: "template.sql" }).render(scope) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, type: pythonType(error) ?? "INTERNAL", message };
  }
}

/**
 * Whether an outcome is what the case wants. Of errors the message counts, up to its first line: dbt wraps the
 * errors of macros into types of its own. An empty message (`()`) stands for any error.
 */
export function matches(item: Case, outcome: Outcome): boolean {
  if (item.error === undefined) return outcome.ok && outcome.text === item.expected;
  if (outcome.ok || outcome.type === "INTERNAL") return false;
  const [, message = ""] = /^\w+: ([^\n]*)/.exec(item.error) ?? [];
  return message === "()" || outcome.message.split("\n")[0] === message;
}

export const describe = (outcome: Outcome): string =>
  outcome.ok ? JSON.stringify(outcome.text) : `${outcome.type}: ${outcome.message}`;
