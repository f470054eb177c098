/** Generic tests whose macro does not exist, beside the manifest, whose fields are dbt's (there the list of macros has a null). */
const tests = new WeakSet<object>();

export const noteMissingMacro = (node: object): void => void tests.add(node);

/** Whether a generic test was parsed without its macro. */
export const lacksMacro = (node: object): boolean => tests.has(node);
