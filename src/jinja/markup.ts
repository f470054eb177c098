import { textOf, str } from "./operations.ts";
import { reprText } from "./text.ts";
import { PyText, PyObject, type BinaryOp, type Value } from "./value.ts";

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" };

export const escapeHtml = (text: string): string => text.replace(/[&<>'"]/g, (ch) => escapes[ch] as string);

/** Text that is safe in HTML (`escape`, `safe`, `tojson`): escapes whatever is added to it. */
export class PyMarkup extends PyText {
  readonly pyType = "Markup";
  override repr(): string {
    return `Markup(${reprText(this.text)})`;
  }
  override binary(op: BinaryOp, other: Value, reflected: boolean): Value | undefined {
    if (op !== "+" || textOf(other) === undefined) return undefined;
    const theirs = escape(other).text;
    return new PyMarkup(reflected ? theirs + this.text : this.text + theirs);
  }
}

/** `markupsafe.escape` */
export function escape(value: Value): PyMarkup {
  if (value instanceof PyMarkup) return value;
  if (value instanceof PyObject) {
    const html = value.getAttr("__html__");
    if (html !== undefined && html instanceof PyMarkup) return html;
  }
  return new PyMarkup(escapeHtml(str(value)));
}

/** A text that native rendering converts (`as_native`, `as_bool`, `as_number`) or keeps (`as_text`). */
export class PyMarker extends PyText {
  readonly pyType: "TextMarker" | "NativeMarker" | "BoolMarker" | "NumberMarker";
  constructor(text: string, pyType: PyMarker["pyType"]) {
    super(text);
    this.pyType = pyType;
  }
  override repr(): string {
    return reprText(this.text);
  }
}
