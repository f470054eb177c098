import type { LabRow } from "../../src/server/types.ts";
import { labs } from "../lib/labs.ts";
import { queryValue, setQuery } from "../lib/router.ts";

/** A choice that the address keeps. Without `all` one of the values is always chosen. */
export function Pick({
  name,
  label,
  values,
  all,
  words = {},
  value = queryValue(name),
  clears = [],
}: {
  /** Its name in the address. */
  name: string;
  label: string;
  values: readonly string[];
  /** Words for no choice. */
  all?: string;
  words?: Readonly<Record<string, string>>;
  value?: string;
  /** Parts of the address that mean nothing with another choice. */
  clears?: readonly string[];
}) {
  return (
    <label class="pick">
      <span class="hidden">{label}</span>
      <select
        value={value}
        onChange={(event) =>
          setQuery(
            { [name]: event.currentTarget.value, ...Object.fromEntries(clears.map((other) => [other, ""])) },
            { push: true },
          )
        }
      >
        {all !== undefined && <option value="">{all}</option>}
        {values.map((each) => (
          <option key={each} value={each}>
            {words[each] ?? each}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Which lab a page is about; `note` says something of each. */
export function LabPicker({
  all,
  value,
  note,
  clears,
}: {
  all?: string;
  value?: string;
  note?: (lab: LabRow) => string;
  clears?: readonly string[];
}) {
  const list = labs.value ?? [];
  return (
    <Pick
      name="lab"
      label="Lab"
      values={list.map(({ name }) => name)}
      words={Object.fromEntries(list.map((lab) => [lab.name, `${lab.name}${note?.(lab) ?? ""}`]))}
      {...(all !== undefined && { all })}
      {...(value !== undefined && { value })}
      {...(clears && { clears })}
    />
  );
}
