"""The program of a process that runs DAGs with ``dag.test()``: a line of JSON asks for a run, and one answers."""

from __future__ import annotations

RUNS = """
import json, os, runpy, sys
# What tasks print is not to be taken for an answer.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
own = dict(os.environ)
for line in sys.stdin:
    asked = json.loads(line)
    os.environ.clear()
    os.environ.update({**own, **asked["environment"]})
    run = runpy.run_path(asked["file"])[asked["name"]].test()
    result = {}
    for task in run.get_task_instances():
        pulled = task.xcom_pull(task_ids=task.task_id, map_indexes=task.map_index)
        result.setdefault(task.task_id, []).append([str(task.state), pulled])
    print(json.dumps({"state": run.state.value, "run_id": run.run_id, "tasks": result}), file=answers, flush=True)
"""
