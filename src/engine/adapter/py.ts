import { PyObject, str, type Value } from "#jinja/index.ts";
import { dateText, offsetText, timeText, type CivilDate, type CivilTime } from "./time-text.ts";

/** Interim: values with their text only, until the jinja room's dates and decimals are there. */
class TextValue extends PyObject {
  readonly pyType: string;
  readonly text: string;
  constructor(pyType: string, text: string) {
    super();
    this.pyType = pyType;
    this.text = text;
  }
  override str(): string {
    return this.text;
  }
  override repr(): string {
    return this.pyType === "Decimal" ? `Decimal('${this.text}')` : this.text;
  }
  override equals(other: Value): boolean {
    return str(other) === this.text;
  }
  override toPlain(): unknown {
    return this.text;
  }
}

/** How Python values that need more than a literal are made. */
export const decimal = (text: string): Value =>
  new TextValue("Decimal", text.replace(/e\+?/, "E+").replace("E+-", "E-"));
export const date = (on: CivilDate): Value => new TextValue("date", dateText(on));
export function datetime(on: CivilDate, at: CivilTime, offsetSeconds: number | null): Value {
  return new TextValue(
    "datetime",
    `${dateText(on)} ${timeText(at)}${offsetSeconds === null ? "" : offsetText(offsetSeconds)}`,
  );
}
/** An int as Decimal, for a column that also holds decimals. */
export const asNumber = (value: Value): Value => decimal(str(value));
/** A date as datetime, for a column that also holds datetimes. */
export const atMidnight = (value: Value): Value => new TextValue("datetime", `${str(value)} 00:00:00`);
