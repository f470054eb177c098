import { expect, test } from "vitest";
import { sourceOf, staticCalls } from "./static.ts";
import { parseTemplate } from "./template.ts";

const written = (text: string): string | undefined =>
  staticCalls(parseTemplate(`{{ config(x=${text}) }}`, { file: "x.sql" }), ["config"])[0]?.unrendered.get("x");

// What dbt-core 1.12.3 keeps of each.
test.each([
  ["'a' ~ b", "'a' ~ b"],
  ["-3", "-3"],
  ["+4", "Pos(node=Const(value=4))"],
  ["7 // 2", "FloorDiv(left=Const(value=7), right=Const(value=2))"],
  ["'a' if x else 'b'", "CondExpr(test=Name(name='x', ctx='load'), expr1=Const(value='a'), expr2=Const(value='b'))"],
  [
    "['a' if x.y]",
    "[CondExpr(test=Getattr(node=Name(name='x', ctx='load'), attr='y', ctx='load'), expr1=Const(value='a'), expr2=None)]",
  ],
  [
    "x | default('y', boolean=true)",
    "Filter(node=Name(name='x', ctx='load'), name='default', args=[Const(value='y')], kwargs=[Keyword(key='boolean', value=Const(value=True))], dyn_args=None, dyn_kwargs=None)",
  ],
  ["1 is not none", "not Test(node=Const(value=1), name='none', args=[], kwargs=[], dyn_args=None, dyn_kwargs=None)"],
  ["[1][0:1]", "[1][Slice(start=Const(value=0), stop=Const(value=1), step=None)]"],
  ["1 < 2 <= x", "1 < 2 <= x"],
])("%s", (text, expected) => {
  expect(written(text)).toBe(expected);
});

test("a condition prints the whole tree below it", () => {
  const text = written("(1,) if not a[0] in {'k': [b(*c, **d)]} and e else f");
  expect(text).toBe(
    "CondExpr(test=And(left=Not(node=Compare(expr=Getitem(node=Name(name='a', ctx='load'), arg=Const(value=0), ctx='load'), ops=[Operand(op='in', expr=Dict(items=[Pair(key=Const(value='k'), value=List(items=[Call(node=Name(name='b', ctx='load'), args=[], kwargs=[], dyn_args=Name(name='c', ctx='load'), dyn_kwargs=Name(name='d', ctx='load'))]))]))])), right=Name(name='e', ctx='load')), expr1=Tuple(items=[Const(value=1)], ctx='load'), expr2=Name(name='f', ctx='load'))",
  );
  expect(sourceOf({ kind: "const", value: 1, at: 0 })).toBe("1");
});
