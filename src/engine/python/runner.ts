/**
 * What the child process runs, as Python source. Its only argument is a folder with `job.json` (see PythonJob in job.ts) and
 * `model.py`; it leaves `result.json` there. The model's tables are views on Parquet files in databases that carry the names
 * of the real ones and refuse to be written to. The statements that create the model's table are recorded, not executed.
 */
export const runnerSource = String.raw`
import json
import os
import re
import signal
import sys
import traceback
import types

folder = sys.argv[1]


def guard():
    """Ends the model when the engine is gone: its end of standard input closes, however it died."""
    engine = os.dup(0)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    if not hasattr(os, "fork"):
        import threading

        def wait():
            while os.read(engine, 4096):
                pass
            os._exit(1)

        threading.Thread(target=wait, daemon=True).start()
        return None
    model, own = os.pipe()
    if os.fork() != 0:
        os.close(model)
        os.close(engine)
        return own
    import select
    import shutil

    os.close(own)
    os.dup2(null, 1)
    os.dup2(null, 2)
    while True:
        ready, _, _ = select.select([engine, model], [], [])
        if model in ready:
            os._exit(0)
        if not os.read(engine, 4096):
            shutil.rmtree(folder, ignore_errors=True)
            os.killpg(0, signal.SIGKILL)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text(value):
    return "'" + value.replace("'", "''") + "'"


def open_session(job):
    import duckdb

    con = duckdb.connect(os.path.join(folder, "labs_python_session.duckdb"), config=job["config"])
    for name in job["extensions"]:
        try:
            con.load_extension(name)
        except duckdb.Error as error:
            print(f"The DuckDB extension {name} cannot be loaded in Python: {error}", file=sys.stderr)
    for statement in job["secrets"]:
        try:
            con.execute(statement)
        except duckdb.Error as error:
            print(f"A secret of the profile does not work in Python: {error}", file=sys.stderr)
    databases = {}
    for table in job["tables"]:
        if "error" in table:
            continue
        columns = ", ".join(f"cast({quoted(n)} as {t}) as {quoted(n)}" for n, t in table["columns"])
        query = f"select {columns} from read_parquet({text(os.path.join(folder, table['file']))})"
        if table["path"] is None:
            con.execute(f"create view {quoted(table['file'])} as {query}")
        else:
            databases.setdefault(table["path"][0], []).append((table["path"], query))
    databases.setdefault(job["database"], [])
    for index, (database, views) in enumerate(databases.items()):
        path = text(os.path.join(folder, f"database_{index}.duckdb"))
        con.execute(f"attach {path} as {quoted(database)}")
        for (_, schema, name), query in views:
            con.execute(f"create schema if not exists {quoted(database)}.{quoted(schema)}")
            con.execute(f"create or replace view {quoted(database)}.{quoted(schema)}.{quoted(name)} as {query}")
        con.execute(f"detach {quoted(database)}")
        con.execute(f"attach {path} as {quoted(database)} (read_only)")
    con.execute(f"use {quoted(job['database'])}")
    for name, value in job["settings"].items():
        con.execute(f"set {name} = {text(value)}")
    return con


def loader(job, con):
    tables = {table["text"]: table for table in job["tables"]}

    def load(name):
        import duckdb

        table = tables.get(name)
        if table is None or ("error" not in table and table["path"] is not None):
            return con.query(f"select * from {name}")
        if "error" in table:
            raise getattr(duckdb, table["exception"], duckdb.Error)(table["error"])
        return con.query(f"select * from labs_python_session.main.{quoted(table['file'])}")

    return load


class Recorder:
    """Stands for the connection that the model's table is created on."""

    def __init__(self, con):
        self.con = con
        self.frames = []
        self.statements = []

    def register(self, name, frame):
        self.con.register(name, frame)
        described = self.con.execute(f"describe select * from {quoted(name)}").fetchall()
        # Nothing but NULLs is an integer in a table.
        columns = [(row[0], "INTEGER" if row[1] == '"NULL"' else row[1]) for row in described]
        file = f"result_{len(self.frames)}.parquet"
        parts = ", ".join(written(n, t) for n, t in columns)
        path = text(os.path.join(folder, file))
        self.con.execute(f"copy (select {parts} from {quoted(name)}) to {path} (format parquet)")
        self.frames.append({"name": name, "file": file, "columns": columns})
        return self

    def unregister(self, name):
        self.con.unregister(name)
        return self

    def execute(self, sql, *_):
        self.statements.append(sql)
        return self

    def __getattr__(self, name):
        return getattr(self.con, name)


def written(name, type):
    """Types that Parquet would change travel as text."""
    carrier = "VARCHAR" if re.search(job["inexact"], type) else type
    return f"cast({quoted(name)} as {carrier}) as {quoted(name)}"


def run(job):
    import asyncio

    asyncio.set_event_loop(asyncio.new_event_loop())
    con = open_session(job)
    with open(os.path.join(folder, "model.py"), encoding="utf-8") as file:
        code = "\n" * job["above"] + file.read()
    module = types.ModuleType(job["name"])
    module.__file__ = os.path.join(job["project"], job["path"])
    exec(compile(code, job["path"], "exec"), module.__dict__)
    frame = module.model(module.dbtObj(loader(job, con)), con)
    recorder = Recorder(con)
    module.materialize(frame, recorder)
    return {"frames": recorder.frames, "statements": recorder.statements}


def failure(job, error):
    own = error.__traceback__
    while own is not None and own.tb_frame.f_code.co_filename == __file__:
        own = own.tb_next
    lines = traceback.format_exception(type(error), error, own)
    if own is None:
        lines.insert(0, "Traceback (most recent call last):\n")
    result = {"error": "".join(lines).rstrip()}
    if isinstance(error, SyntaxError) and error.filename == job["path"]:
        result["line"], result["column"] = error.lineno, error.offset
    for frame in traceback.extract_tb(own):
        if frame.filename == job["path"] and frame.lineno <= job["lines"]:
            result["line"], result["column"] = frame.lineno, (getattr(frame, "colno", None) or 0) + 1
    return result


own = guard()
with open(os.path.join(folder, "job.json"), encoding="utf-8") as file:
    job = json.load(file)
sys.path[0:1] = []
sys.path.extend(job["module_paths"])
try:
    result = run(job)
except BaseException as error:
    result = failure(job, error)
with open(os.path.join(folder, "result.json"), "w", encoding="utf-8") as file:
    json.dump(result, file)
sys.stdout.flush()
sys.stderr.flush()
# Threads that a model left behind must not keep the process.
os._exit(0)
`;
