import { PyDict } from "../dict.ts";
import type { Value } from "../value.ts";
import { itertoolsModule } from "./itertools.ts";
import { dateTimeType, dateType, timeType } from "./moment.ts";
import { pytzModule } from "./pytz.ts";
import { regexModule } from "./regex.ts";
import { timedeltaType } from "./timedelta.ts";
import { tzinfoType } from "./tzinfo.ts";

export const datetimeModule = new PyDict(
  new Map<Value, Value>([
    ["date", dateType],
    ["datetime", dateTimeType],
    ["time", timeType],
    ["timedelta", timedeltaType],
    ["tzinfo", tzinfoType],
  ]),
);

/** dbt's `modules`: dicts of Python's functions, as dbt gives them to templates. Made when a template asks for them. */
export const modules = new PyDict();
modules.setLazy("datetime", () => datetimeModule);
modules.setLazy("pytz", pytzModule);
modules.setLazy("re", () => regexModule);
modules.setLazy("itertools", () => itertoolsModule);
