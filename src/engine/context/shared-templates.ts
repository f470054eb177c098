import { parseTemplate, type Template } from "#jinja/index.ts";

/** So many texts are remembered; a project with more begins anew. */
const limit = 5000;
const known = new Map<string, Template>();

/**
 * The parsed template of a short text that occurs again and again in a file: calls of generic tests, their arguments.
 * A template holds nothing of a rendering, so it may be shared.
 */
export function sharedTemplate(text: string, file: string): Template {
  const key = `${file}\0${text}`;
  let template = known.get(key);
  if (!template) {
    if (known.size >= limit) known.clear();
    known.set(key, (template = parseTemplate(text, { file })));
  }
  return template;
}
