/** Text with numbered lines; `mark` is the line where something is wrong. */
export function Code({ text, mark, column }: { text: string; mark?: number; column?: number }) {
  const lines = text.replace(/\n$/, "").split("\n");
  return (
    <pre class="code" tabIndex={0}>
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
        <span key={i} class={`line${i + 1 === mark ? " marked" : ""}`}>
          <i>{i + 1}</i>
          {line === "" ? " " : highlighted(line)}
          {i + 1 === mark && column !== undefined && (
            <>
              {"\n"}
              <i />
              {`${" ".repeat(column - 1)}^`}
            </>
          )}
        </span>
      ))}
    </pre>
  );
}

const token =
  /(--.*$|\{#.*?#\})|('(?:[^']|'')*')|(\{\{.*?\}\}|\{%.*?%\})|\b(select|from|where|group|order|by|having|join|left|right|inner|full|cross|on|using|as|with|union|all|case|when|then|else|end|and|or|not|in|is|null|over|partition|limit|distinct|between|like|create|table|view|cast|asc|desc|filter|qualify)\b|\b(\d+(?:\.\d+)?)\b/gi;

function highlighted(line: string) {
  const parts = [];
  let at = 0;
  for (const match of line.matchAll(token)) {
    const [text, comment, string, jinja, word] = match;
    if (match.index > at) parts.push(line.slice(at, match.index));
    const kind = comment ? "c" : string ? "s" : jinja ? "j" : word ? "k" : "n";
    parts.push(<b class={kind}>{text}</b>);
    at = match.index + text.length;
  }
  parts.push(line.slice(at));
  return parts;
}
