"""Answers templates with what real Jinja makes of them in dbt's environment.

One JSON object a line on stdin: {"template", "context", "macros", "mode"}; mode is text, native or chaining.
One JSON object a line on stdout: {"ok": true, "text"} or {"ok": false, "type", "message"}.
Run it with a Python that has dbt installed.
"""
import datetime
import decimal
import json
import os
import signal
import sys

import jinja2.sandbox
from dbt.context.base import get_context_modules
from dbt_common.clients import jinja as dbt_jinja
from dbt_common.exceptions.macros import MacroReturn

sys.set_int_max_str_digits(0)

# dbt prints its warnings to stdout, which is for the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

# Fresh parsers are slow to build, so each mode keeps its environment.
plain = jinja2.sandbox.SandboxedEnvironment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
plain.filters.update(dbt_jinja.TEXT_FILTERS)


class Bound:
    """A macro as dbt calls it: return() ends here."""

    def __init__(self, name, template, names):
        self.name, self.template, self.names = name, template, names

    def __call__(self, *args, **kwargs):
        module = self.template.make_module(vars=self.names, shared=False)
        try:
            return module.__dict__["dbt_macro__" + self.name](*args, **kwargs)
        except MacroReturn as done:
            return done.value


def returns(value=None):
    raise MacroReturn(value)


def answer(item):
    names = dict(item.get("context") or {})
    names["return"] = returns
    names["modules"] = get_context_modules()
    names["Decimal"] = decimal.Decimal
    names["datetime"] = datetime.datetime
    env = dbt_jinja.get_environment()
    for block in dbt_jinja.extract_toplevel_blocks(item.get("macros") or "", {"macro", "materialization", "test"}, collect_raw_data=False):
        template = env.from_string(block.full_block, globals={})
        for macro in env.parse(block.full_block).find_all(jinja2.nodes.Macro):
            name = macro.name.replace("dbt_macro__", "", 1)
            names[name] = Bound(name, template, names)
    mode = item.get("mode", "text")
    if mode == "text":
        return plain.from_string(item["template"]).render(names)
    env = dbt_jinja.get_environment(capture_macros=mode == "chaining", native=mode == "native")
    value = env.from_string(item["template"]).render(names)
    return repr(value) if mode == "native" else value


def too_long(*_):
    raise TimeoutError("the oracle gave up")


signal.signal(signal.SIGALRM, too_long)

for line in sys.stdin:
    signal.alarm(2)
    try:
        result = {"ok": True, "text": answer(json.loads(line))}
        signal.alarm(0)
        if len(str(result["text"])) > 100000:
            raise MemoryError
    except Exception as error:  # every error is an answer
        signal.alarm(0)
        result = {"ok": False, "type": type(error).__name__, "message": str(error)}
    try:
        print(json.dumps(result), file=answers, flush=True)
    except TypeError:
        print(json.dumps({"ok": True, "text": str(result["text"])}), file=answers, flush=True)
