/** Random templates: expressions over all operators, filters, tests and methods, and statements around them. */

/** A small seeded generator of random numbers, so that a failure can be repeated. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed >>> 0;
  }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

export const context = {
  n: 7,
  z: 0,
  neg: -3,
  big: 123456789012,
  f: 2.5,
  g: -0.125,
  s: "Hello World",
  t: "a,b,,c",
  u: "Zürich <é> 😀",
  e: "",
  num: "42",
  yes: true,
  no: false,
  nil: null,
  l: [3, 1, 2],
  w: ["b", "A", "c", "a"],
  m: [1, "x", null, true, 2.5],
  d: { b: 1, a: 2, items_: 3 },
  rows: [
    { k: "x", v: 3, n: { q: 1 } },
    { k: "Y", v: 1, n: { q: 2 } },
    { k: "x", v: 2, n: { q: 3 } },
  ],
  nest: { list: [1, [2, 3]], dict: { k: "v" }, text: "it's" },
};

type Kind = "int" | "float" | "str" | "list" | "dict" | "bool" | "any";
const kinds: Kind[] = ["int", "float", "str", "list", "dict", "bool"];

const formatSpecs = [
  "d",
  "5d",
  "05d",
  "+d",
  "x",
  "#x",
  "b",
  ",",
  "_",
  ".2f",
  "8.3f",
  "e",
  ".1e",
  "g",
  "%",
  ".0%",
  ">6",
  "<6",
  "^6",
  "*^9",
  "n",
  "c",
  "010.2f",
  "+.1f",
  ",.2f",
  "s",
  ".2",
  "G",
  "#o",
  "_x",
  "=+8",
  " d",
  "020,",
];
const textSpecs = ["", ">8", "<8", "^8", ".2", "*>7", "-^9", "s", "10.3", "05"];

export class Generator {
  private readonly r: Random;
  constructor(random: Random) {
    this.r = random;
  }

  template(): string {
    const n = 1 + this.r.below(3);
    let out = "";
    for (let i = 0; i < n; i++) out += this.statement(2);
    return out;
  }

  private text(): string {
    return this.r.pick(["", "x", " ", "\n", " \n ", "select 1", "a\n\n", "\t", "'", "{ ", "%", "--"]);
  }
  private sign(): string {
    return this.r.pick(["", "", "", "", "-", "-", "+"]);
  }
  private tag(body: string): string {
    return `{%${this.sign()} ${body} ${this.sign()}%}`;
  }
  output(): string {
    const open = this.r.pick(["{{ ", "{{ ", "{{- ", "{{"]);
    const close = open === "{{" ? "}}" : this.r.pick([" }}", " }}", " -}}"]);
    const body = this.expression(this.r.pick(kinds), 3);
    if (open === "{{" && /^[-+{]/.test(body)) return `{{ ${body} }}`;
    return open + body + (close === "}}" && body.endsWith("}") ? " }}" : close);
  }

  private statement(depth: number): string {
    const r = this.r;
    const inner = () => this.text() + (depth > 0 ? this.statement(depth - 1) : this.output()) + this.text();
    if (depth === 0 || r.chance(0.5)) return this.text() + this.output();
    switch (r.below(14)) {
      case 0:
        return `${this.tag(`if ${this.expression("bool", 2)}`)}${inner()}${this.tag(`elif ${this.expression("any", 1)}`)}${inner()}${this.tag("else")}${inner()}${this.tag("endif")}`;
      case 1:
        return `${this.tag(`set q = ${this.expression("any", 2)}`)}${inner()}{{ q }}`;
      case 2:
        return `${this.tag(`for i in ${this.expression("list", 1)}`)}{{ i }}${r.pick(["", "{{ loop.index }}", "{{ loop.last }}", "{{ loop.length }}", "{{ loop.previtem }}|{{ loop.nextitem }}", "{{ loop.revindex0 }}", "{{ loop.cycle('a', 'b') }}", "{{ loop.changed(i) }}"])}${inner()}${r.chance(0.3) ? `${this.tag("else")}none` : ""}${this.tag("endfor")}`;
      case 3:
        return `${this.tag(`for k, v in ${r.pick(["d.items()", "d|dictsort", "nest|items", "[(1, 2), (3, 4)]", "rows|groupby('k')", "[[1, 2]]", "w"])}`)}{{ k }}={{ v }};${this.tag("endfor")}`;
      case 4:
        return `${this.tag(`for i in range(${r.below(6)}) if i ${r.pick(["is odd", "> 1", "!= 2", "% 3"])}`)}${r.pick(["{% if i == 3 %}{% break %}{% endif %}", "{% if i is even %}{% continue %}{% endif %}", ""])}{{ i }}${this.text()}${this.tag("endfor")}`;
      case 5:
        return `${this.tag("set q")}${inner()}${this.tag("endset")}[{{ q }}]`;
      case 6:
        return `${this.tag(`set q | ${r.pick(["upper", "trim", "replace('l', 'L')", "length", "indent(2)"])}`)}${inner()}${this.tag("endset")}[{{ q }}]`;
      case 7:
        return `${this.tag(`macro f(a, b=${this.expression("any", 1)}${r.pick(["", ", c=a", ", c='x' ~ b"])})`)}${inner()}{{ a }}-{{ b }}-{{ c }}${r.pick(["", "{{ varargs }}", "{{ kwargs }}", "{{ caller is defined }}"])}${this.tag("endmacro")}{{ f(${r.pick(["", "1", "1, 2", "a=3", "1, b=2", "1, z=3", "1, 2, 3, 4", "*[1, 2]", "**{'a': 1}"])}) }}`;
      case 8:
        return `{% macro g(x) %}<{{ caller(${r.pick(["", "x", "1, 2"])}) }}>{% endmacro %}${this.tag(`call${r.pick(["", "(y)", "(y=5)"])} g(${this.expression("any", 1)})`)}${inner()}${r.pick(["", "{{ y }}"])}${this.tag("endcall")}`;
      case 9:
        return `${this.tag(`filter ${r.pick(["upper", "trim", "title", "replace('a', 'b')", "wordcount", "indent"])}`)}${inner()}${this.tag("endfilter")}`;
      case 10:
        return `${this.tag(`with q = ${this.expression("any", 1)}, p = 2`)}${inner()}{{ q }}{{ p }}${this.tag("endwith")}{{ q }}`;
      case 11:
        return `{% set ns = namespace(x=0, y=[]) %}${this.tag("for i in l")}{% set ns.x = ns.x + i %}{% do ns.y.append(${this.expression("any", 1)}) %}{% set q = i %}${this.tag("endfor")}{{ ns.x }}{{ ns.y }}{{ q }}`;
      case 12:
        return `${this.tag("raw")}{{ x }}${this.text()}${this.tag("endraw")}{# comment ${this.text()} #}${this.text()}`;
      default:
        return `{% if ${this.expression("bool", 1)} %}{% set q = 1 %}{% endif %}{{ q }}{% for i in l %}{{ q }}{% set q = i %}{{ q }}{% endfor %}{{ q }}`;
    }
  }

  expression(kind: Kind, depth: number): string {
    const r = this.r;
    let wanted = kind === "any" ? r.pick(kinds) : kind;
    if (r.chance(0.06)) wanted = r.pick(kinds);
    if (depth <= 0) return this.leaf(wanted);
    if (r.chance(0.05))
      return `(${this.expression("any", depth - 1)} if ${this.expression("bool", depth - 1)} else ${this.expression(wanted, depth - 1)})`;
    if (r.chance(0.04))
      return `(${this.expression(wanted, depth - 1)} ${r.pick(["and", "or"])} ${this.expression("any", depth - 1)})`;
    if (r.chance(0.04))
      return `(${this.expression("any", depth - 1)}|default(${this.leaf(wanted)}${r.pick(["", ", true"])}))`;
    switch (wanted) {
      case "int":
        return this.integer(depth - 1);
      case "float":
        return this.float(depth - 1);
      case "str":
        return this.string(depth - 1);
      case "list":
        return this.list(depth - 1);
      case "dict":
        return this.dict(depth - 1);
      default:
        return this.bool(depth - 1);
    }
  }

  private leaf(kind: Kind): string {
    const r = this.r;
    switch (kind) {
      case "int":
        return r.pick([
          "0",
          "1",
          "2",
          "3",
          "10",
          "-1",
          "-7",
          "n",
          "z",
          "neg",
          "big",
          "99999999999999999999",
          "l[0]",
          "d.a",
          "1_000",
          "0x1f",
          "0b101",
          "9007199254740993",
        ]);
      case "float":
        return r.pick([
          "0.5",
          "1.0",
          "2.5",
          "-0.0",
          "1e16",
          "1e-7",
          "3.14159",
          "f",
          "g",
          "1e100",
          "123456.789",
          "0.1",
          "2.675",
          "1.5e3",
          "1e22",
        ]);
      case "str":
        return r.pick([
          "''",
          "'a'",
          "'abc'",
          '"it\'s"',
          "'a b  c'",
          "s",
          "t",
          "u",
          "e",
          "num",
          "'x\\ny'",
          "'%s'",
          "'{}'",
          "'A-b_C'",
          "nest.text",
          "'\\t'",
          "'😀x'",
          "'12'",
          "'\\q'",
          "'ß'",
          "'a' 'b'",
          "'1.5'",
          "' pad '",
        ]);
      case "list":
        return r.pick([
          "[]",
          "[1, 2, 3]",
          "l",
          "w",
          "m",
          "rows",
          "['a', 'b']",
          "(1, 2)",
          "('x',)",
          "()",
          "range(4)",
          "[[1, 2], [3]]",
          "[1.5, 2]",
          "nest.list",
          "[none, true]",
          "t.split(',')",
          "d.keys()",
          "'abc'",
        ]);
      case "dict":
        return r.pick([
          "{}",
          "{'a': 1}",
          "d",
          "nest",
          "{1: 'x', '1': 'y'}",
          "dict(a=1, b='c')",
          "rows[0]",
          "{'b': [1], 'a': {'c': none}}",
          "{1.0: 2, true: 3}",
          "{(1, 2): 3}",
        ]);
      default:
        return r.pick(["true", "false", "yes", "no", "none", "nil", "undef", "True", "nest.missing", "d['zz']"]);
    }
  }

  private integer(depth: number): string {
    const r = this.r;
    const i = () => this.expression("int", depth);
    switch (r.below(16)) {
      case 0:
      case 1:
        return `(${i()} ${r.pick(["+", "-", "*", "//", "%"])} ${i()})`;
      case 2:
        return `${i()} ${r.pick(["+", "-", "*"])} ${i()} ${r.pick(["+", "*", "//", "%", "-"])} ${i()}`;
      case 3:
        return `(${this.leaf("int")} ** ${r.pick(["0", "1", "2", "3", "5", "-1", "-2"])})`;
      case 4:
        return `${this.expression(r.pick(["str", "list", "dict"]), depth)}|${r.pick(["length", "count"])}`;
      case 5:
        return `${this.expression(r.pick(["float", "str", "any"]), depth)}|int${r.pick(["", "(5)", "(base=16)", "(default=-1)"])}`;
      case 6:
        return `${this.expression("list", depth)}|${r.pick(["sum", "min", "max", "first", "last"])}`;
      case 7:
        return `(${i()})|abs`;
      case 8:
        return `${this.expression("str", depth)}.${r.pick(["find('a')", "count('a')", "rfind('b')", "index('a')", "find('b', 1)", "count('')"])}`;
      case 9:
        return `-${this.leaf("int")}`;
      case 10:
        return `${this.expression("list", depth)}.${r.pick(["count(1)", "index(1)"])}`;
      case 11:
        return `${this.expression("list", depth)}[${r.pick(["0", "-1", "1", "5", "'a'"])}]`;
      case 12:
        return `(${i()})|round${r.pick(["", "(-1)", "(1)", "(0, 'floor')", "(-1, 'ceil')"])}`;
      case 13:
        return `${this.expression("dict", depth)}.get(${this.leaf("any")}${r.pick(["", ", 0"])})`;
      case 14:
        return `rows|sum(attribute='${r.pick(["v", "n.q", "k", "zz"])}')`;
      default:
        return this.leaf("int");
    }
  }

  private float(depth: number): string {
    const r = this.r;
    const f = () => this.expression(r.pick(["float", "float", "int"]), depth);
    switch (r.below(9)) {
      case 0:
      case 1:
        return `(${f()} ${r.pick(["+", "-", "*", "/", "//", "%"])} ${f()})`;
      case 2:
        return `(${this.expression("int", depth)} / ${this.expression("int", depth)})`;
      case 3:
        return `(${f()})|round${r.pick(["", "(1)", "(2)", "(-1)", "(3, 'floor')", "(1, 'ceil')", "(0, 'floor')"])}`;
      case 4:
        return `${this.expression(r.pick(["str", "int", "any"]), depth)}|float${r.pick(["", "(1.5)", "(default=2)"])}`;
      case 5:
        return `(${f()})|abs`;
      case 6:
        return `-${this.leaf("float")}`;
      case 7:
        return `(${r.pick(["2.5", "f", "1e16", "0.1", "3.14159"])} ** ${r.pick(["2", "0.5", "-1", "3", "0", "-0.5"])})`;
      default:
        return this.leaf("float");
    }
  }

  private string(depth: number): string {
    const r = this.r;
    const s = () => this.expression("str", depth);
    const any = () => this.expression("any", depth);
    switch (r.below(30)) {
      case 0:
        return `(${s()} ~ ${any()} ~ ${any()})`;
      case 1:
        return `(${s()} + ${s()})`;
      case 2:
        return `(${s()} * ${r.pick(["0", "1", "2", "3", "-1"])})`;
      case 3:
      case 4:
        return `(${s()})|${r.pick(["upper", "lower", "title", "capitalize", "trim", "string", "reverse", "striptags", "wordcount", "urlencode", "pprint", "center(12)", "indent", "indent(2, true)", "indent('> ', blank=true)", "truncate(5)", "truncate(6, true)", "truncate(7, false, '..', 0)", "wordwrap(5)", "wordwrap(4, false)", "escape", "e", "forceescape", "safe", "urlize", "tojson", "replace('a', 'X')", "replace('', '-')", "replace('b', '', 1)", "trim('a')", "filesizeformat", "list", "first", "last", "length", "as_text", "as_native", "string|length"])}`;
      case 5:
      case 6:
      case 7:
        return `(${s()}).${r.pick(["upper()", "lower()", "title()", "capitalize()", "swapcase()", "strip()", "strip('a ')", "lstrip()", "rstrip('c')", "zfill(5)", "center(9)", "center(8, '*')", "ljust(6)", "rjust(6, '.')", "replace('a', 'b')", "replace('a', 'b', 1)", "join(['x', 'y'])", "join('ab')", "expandtabs(3)", "casefold()", "removeprefix('a')", "removesuffix('c')", "format(1, 2)", "format(a=1)", "encode('utf-8')", "translate({97: 'Z', 98: none})", "partition(',')", "rpartition('b')", "title().swapcase()", "splitlines()", "split()|join('+')", "center(7, 'xy')", "join([1])"])}`;
      case 8:
        return `'${r.pick(["{}", "{0}-{0}", "{1}{0}", "{!r}", "{a}", "{0[0]}", "{a.b}", "{{}}", "{:>5}|{:<5}", "{}{}{}", "{0!s:>8}", "{", "}", "{:{}}"])}'.format(${any()}, ${this.leaf("int")}, a=${any()})`;
      case 9:
        return `'{:${r.pick(formatSpecs)}}'.format(${this.expression(r.pick(["int", "float", "bool"]), depth)})`;
      case 10:
        return `'{:${r.pick(textSpecs)}}'.format(${s()})`;
      case 11:
        return `'${r.pick(["%s", "%d", "%5d", "%-5d|", "%05d", "%+d", "%x", "%X", "%o", "%#x", "%.2f", "%8.3f", "%e", "%g", "%r", "%c", "%%", "%i", "%10s|", "%-10s|", "%.2s", "% d", "%5.1f%%", "%G", "%u", "%a", "%q", "%"])}' % ${any()}`;
      case 12:
        return `'${r.pick(["%s %s", "%(a)s", "%(a)d-%(b)s", "%s", "%*d", "%.*f"])}' % ${r.pick([`(${any()}, ${any()})`, `{'a': ${any()}, 'b': 1}`, `(${any()},)`, "[1, 2]", "d"])}`;
      case 13:
        return `'${r.pick(["%s", "%s %s", "%(a)s"])}'|format(${r.pick(["1", "1, 2", "a='x'", "[1]", ""])})`;
      case 14:
        return `(${s()})[${r.pick(["0", "-1", "1:", ":2", "::-1", "1:-1", "::2", "-3:", "5:2", "100", "-100:100", "::-2", "1:4:2"])}]`;
      case 15:
        return `${this.expression("list", depth)}|join${r.pick(["", "(',')", "(', ', attribute='k')", "(d='-')", "(1)"])}`;
      case 16:
        return `${any()}|string`;
      case 17:
        return `${any()}|tojson${r.pick(["", "(indent=2)", "(2)"])}`;
      case 18:
        return `${this.expression(r.pick(["int", "float"]), depth)}|filesizeformat${r.pick(["", "(true)"])}`;
      case 19:
        return `${any()}|pprint`;
      case 20:
        return `${this.expression("dict", depth)}|${r.pick(["xmlattr", "urlencode", "xmlattr(false)", "string", "tojson"])}`;
      case 21:
        return `${any()}|escape`;
      case 22:
        return `(${s()}|escape) ${r.pick(["+", "~"])} ${s()}`;
      default:
        return this.leaf("str");
    }
  }

  private list(depth: number): string {
    const r = this.r;
    const l = () => this.expression("list", depth);
    switch (r.below(22)) {
      case 0:
        return `[${this.expression("any", depth)}, ${this.expression("any", depth)}]`;
      case 1:
        return `(${this.expression("any", depth)}, ${this.expression("any", depth)})`;
      case 2:
        return `(${l()} + ${l()})`;
      case 3:
        return `(${l()} * ${r.pick(["0", "1", "2"])})`;
      case 4:
      case 5:
        return `${l()}|${r.pick(["list", "sort", "sort(reverse=true)", "reverse|list", "unique|list", "batch(2)|list", "batch(2, 'x')|list", "slice(2)|list", "slice(3, 0)|list", "sort(case_sensitive=true)", "map('string')|list", "map('upper')|list", "select|list", "reject|list", "select('odd')|list", "reject('none')|list", "select('string')|list", "select('gt', 1)|list", "map('default', 0)|list", "map('int')|list", "first", "last", "min", "max", "sum", "tojson", "length", "map('length')|list", "map('abs')|list", "select('in', [1, 'a'])|list", "unique(true)|list", "random is defined", "map(attribute=0)|list", "string"])}`;
      case 6:
        return `rows|${r.pick(["map(attribute='k')|list", "map(attribute='n.q')|list", "map(attribute='zz', default='-')|list", "selectattr('v', 'gt', 1)|list", "selectattr('k', 'equalto', 'x')|map(attribute='v')|list", "rejectattr('v', '==', 3)|list", "sort(attribute='v')|map(attribute='k')|list", "sort(attribute='k,v')|map(attribute='v')|list", "groupby('k')|list", "groupby('k', case_sensitive=true)|map('first')|list", "map(attribute='k')|unique|list", "sum(attribute='v')", "max(attribute='v')", "min(attribute='n.q')", "selectattr('n')|list|length", "selectattr('zz')|list", "rejectattr('zz', 'defined')|list|length", "groupby('zz', default=1)|length", "map('dictsort')|list", "sort(attribute='zz')", "batch(2)|map('length')|list", "map('items')|map('list')|list", "map(attribute='k', foo=1)|list"])}`;
      case 7:
        return `${l()}[${r.pick(["1:", ":2", "::-1", "-2:", "::2", "1:2", "5:", "-1:0:-1"])}]`;
      case 8:
        return `(${this.expression("str", depth)}).${r.pick(["split()", "split(',')", "split('a', 1)", "rsplit(None, 1)", "rsplit('b', 1)", "splitlines()", "split(none, 1)", "split('')", "partition('a')", "split(sep=' ', maxsplit=1)"])}`;
      case 9:
        return `${this.expression("dict", depth)}.${r.pick(["keys()", "values()", "items()", "keys()|list", "values()|list", "items()|list", "keys()|sort"])}`;
      case 10:
        return `${this.expression("dict", depth)}|${r.pick(["list", "dictsort", "dictsort(true)", "dictsort(false, 'value')", "items|list", "dictsort(reverse=true)", "sort", "length", "dictsort(by='x')"])}`;
      case 11:
        return `range(${r.pick(["3", "1, 5", "5, 1, -2", "0", "n", "2, 10, 3", "3)[1:](0"])})|list`.replace(
          ")[1:](0)",
          ")[1:]",
        );
      case 12:
        return `(${this.expression("any", depth)})|list`;
      case 13:
        return `${l()}.${r.pick(["copy()", "pop()", "pop(0)", "append(1)", "extend([1])", "insert(0, 9)", "remove(1)", "reverse()", "sort()", "clear()", "index(2)", "count(1)"])}`;
      default:
        return this.leaf("list");
    }
  }

  private dict(depth: number): string {
    const r = this.r;
    switch (r.below(8)) {
      case 0:
        return `{${this.leaf("str")}: ${this.expression("any", depth)}, ${this.leaf("any")}: ${this.expression("any", depth)}}`;
      case 1:
        return `dict(${this.leaf("dict")}, x=${this.expression("any", depth)})`;
      case 2:
        return `${this.expression("dict", depth)}.${r.pick(["copy()", "update(a=1)", "setdefault('q', [])", "pop('a')", "pop('zz', 1)", "popitem()", "get('a')", "get('a', {}).b", "items", "fromkeys([1, 2])", "a", "missing", "missing.x", "_private", "__class__"])}`;
      case 3:
        return `${this.expression("dict", depth)}[${this.leaf("any")}]`;
      default:
        return this.leaf("dict");
    }
  }

  private bool(depth: number): string {
    const r = this.r;
    const any = () => this.expression("any", depth);
    switch (r.below(12)) {
      case 0:
        return `(${this.expression("int", depth)} ${r.pick(["<", "<=", ">", ">=", "==", "!="])} ${this.expression(r.pick(["int", "float"]), depth)})`;
      case 1:
        return `(${any()} ${r.pick(["==", "!=", "in", "not in"])} ${any()})`;
      case 2:
        return `(${this.expression("str", depth)} ${r.pick(["<", ">=", "==", "in", "not in"])} ${this.expression("str", depth)})`;
      case 3:
        return `not ${any()}`;
      case 4:
      case 5:
        return `${any()} is ${r.pick(["", "not "])}${r.pick(["defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "true", "false", "mapping", "sequence", "iterable", "callable", "odd", "even", "divisibleby 3", "divisibleby(2)", "lower", "upper", "sameas none", "eq 1", "ne 1", "gt 1", "lt 2", "ge 1", "le 2", "in [1, 'a']", "equalto 'a'", "escaped", "filter", "test", "greaterthan 1"])}`;
      case 6:
        return `(${this.expression("str", depth)}).${r.pick(["startswith('a')", "endswith('c')", "isdigit()", "isalpha()", "isupper()", "islower()", "isspace()", "istitle()", "isalnum()", "isidentifier()", "isnumeric()", "isdecimal()", "isascii()", "isprintable()", "startswith(('a', 'H'))", "startswith('b', 1)", "endswith(1)"])}`;
      case 7:
        return `(${this.leaf("int")} < ${this.leaf("int")} <= ${this.leaf("float")})`;
      case 8:
        return `(${this.expression("list", depth)} ${r.pick(["<", "==", ">="])} ${this.expression("list", depth)})`;
      case 9:
        return `(${any()} ${r.pick(["and", "or"])} not ${any()})`;
      default:
        return this.leaf("bool");
    }
  }
}
