"""A sweep on a Dask cluster of other processes: workers without the repository, lost workers, a lost scheduler."""

import subprocess
import time

import pytest

pytest.importorskip("distributed", reason="needs python3-distributed")

from tls_cluster import Cluster
from test_sweep_run import SEVERAL, TINY, bytes_of_table, calls, command, counting_program, error_of, points, sweep, table
from test_sweep_run import undisturbed  # noqa: F401, a fixture

@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


def start(folder, cluster, text, program):
    words = command(folder, text, "--scheduler", str(cluster.folder), "--lockstep", str(program))
    running = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not points(folder):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    return running


def test_lost_worker_s_points_run_elsewhere(tmp_path, cluster, undisturbed):
    cluster.add_worker()
    running = start(tmp_path, cluster, SEVERAL, counting_program(tmp_path))
    cluster.kill(cluster.workers[0])
    cluster.add_worker()
    running.communicate(timeout=60)
    assert running.returncode == 0
    assert [row["status"] for row in table(tmp_path)] == ["ok"] * 4
    assert bytes_of_table(tmp_path) == undisturbed


def test_lost_scheduler_is_said_and_the_rest_runs_later(tmp_path, cluster):
    program = counting_program(tmp_path)
    cluster.add_worker()
    running = start(tmp_path, cluster, SEVERAL, program)
    cluster.kill(cluster.scheduler)
    log = running.communicate(timeout=60)[1]
    assert running.returncode == 1
    assert log.splitlines()[-1] == (
        "sweep.py: error: the scheduler was lost; finished points are kept, the same command goes on"
    )
    finished = [f.parent.name for f in points(tmp_path)]
    before = len(calls(tmp_path))
    sweep(tmp_path, SEVERAL, "--resume", "--lockstep", program)
    assert [row["status"] for row in table(tmp_path)] == ["ok"] * 4
    assert finished and not any(name in line for line in calls(tmp_path)[before:] for name in finished)


def test_scheduler_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    message = error_of(tmp_path, TINY, "--scheduler", "tcp://127.0.0.1:1", "--trust-network", code=2)
    assert message.startswith("scheduler tcp://127.0.0.1:1: cannot be reached")
