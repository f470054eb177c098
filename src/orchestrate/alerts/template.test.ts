import { describe, expect, it } from "vitest";
import { parseTemplate, renderTemplate, type TemplateScope } from "./template.ts";
import { builtIn, templateFor } from "./templates.ts";

const names = { values: ["a", "b"], lists: { items: ["name"] } };
const render = (text: string, scope: TemplateScope) => renderTemplate(parseTemplate(text, "t.md", names), scope);

describe("a template", () => {
  it("fills in values, chooses and repeats", () => {
    const text = `subject: {{a}}
more

{{#if b}}
b is {{b}}
{{else}}
no b
{{/if}}
{{#each items}}
- {{name}} of {{a}}
{{else}}
none
{{/each}}
{{#unless a}}x{{/unless}}end
`;
    expect(render(text, { a: "A\nB", b: 0, items: [{ name: "one" }, { name: "two" }] })).toEqual({
      subject: "A B",
      body: "more\n\nno b\n- one of A\nB\n- two of A\nB\nend\n",
    });
    expect(render(text, { b: 2, items: [] }).body).toBe("more\n\nb is 2\nnone\nxend\n");
  });

  it("never reads a value as a template, nor anything beyond its scope", () => {
    expect(render("subject: s\n\n{{a}}", { a: "{{b}} {{constructor}}", b: "no" }).body).toBe("{{b}} {{constructor}}\n");
    expect(() => render("subject: s\n\n{{constructor}}", {})).toThrow(expect.objectContaining({ code: "ALR-001" }));
    expect(() => render("subject: s\n\n{{__proto__}}", {})).toThrow(expect.objectContaining({ code: "ALR-001" }));
  });

  it.each([
    ["no subject", 1, 1, "subject: …"],
    ["subject: {{aa}}\n", 1, 10, "Did you mean `a`?"],
    ["subject: s\n\nx {{#if a}}", 3, 3, "Add `{{/if}}`."],
    ["subject: s\n\n{{#each items}}{{/if}}", 3, 16, "Add `{{/each}}`."],
    ["subject: s\n\n{{/if}}", 3, 1, "Remove it"],
    ["subject: s\n\n{{#eahc items}}", 3, 1, "Did you mean `#each`?"],
    ["subject: s\n\n{{#each itmes}}", 3, 1, "Did you mean `items`?"],
    ["subject: s\n\n{{name}}", 3, 1, "Use one of a, b."],
    ["subject: s\n\n{{a", 3, 1, "Close it"],
    ["subject: s\n\n{{a.b()}}", 3, 1, "{{name}}"],
  ])("with a mistake: %j", (text, line, column, hint) => {
    expect(() => parseTemplate(text, "t.md", names)).toThrow(
      expect.objectContaining({
        code: "ALR-001",
        place: expect.objectContaining({ line, column }),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  it("that is built in can be used", () => {
    for (const name of Object.keys(builtIn)) expect(() => templateFor(name, undefined)).not.toThrow();
  });
});
