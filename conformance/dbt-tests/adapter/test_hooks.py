from suite import suite

#: Fields of `target` that a DuckDB profile of the tests has, and what the hooks write into the table for them.
TARGET = {"target_name": "default", "target_threads": 4, "target_type": "duckdb"}


def check(ctx, state, project):
    assert ctx["test_state"] == state
    assert ctx["target_schema"] == project.test_schema
    assert {name: ctx[name] for name in TARGET} == TARGET
    assert ctx["run_started_at"]
    assert ctx["invocation_id"]
    assert ctx["thread_id"].startswith(("Thread-", "MainThread"))


class ModelHooks:
    """PostgreSQL's host, user and database name are no part of a DuckDB target."""

    def check_hooks(self, state, project, host, count=1):
        for ctx in self.get_ctx_vars(state, count=count, project=project):
            check(ctx, state, project)


class RunHooks:
    def check_hooks(self, state, project, host):
        check(self.get_ctx_vars(state, project), state, project)


globals().update(
    suite(
        "hooks",
        BasePrePostModelHooks=ModelHooks,
        TestPrePostModelHooksUnderscores=ModelHooks,
        BaseHookRefs=ModelHooks,
        BasePrePostModelHooksInConfig=ModelHooks,
        BasePrePostModelHooksInConfigWithCount=ModelHooks,
        BasePrePostModelHooksInConfigKwargs=ModelHooks,
        BasePrePostRunHooks=RunHooks,
    )
)
