"""A sweep on workers that Slurm started: a worker, then the scheduler is killed; nothing is lost or done again."""

import json
import os
import subprocess
import time

import pytest

pytest.importorskip("distributed", reason="needs python3-distributed")

from lockstep_program import ROOT
from slurm_cluster import Slurm, missing
from test_sweep_run import COLUMNS, MACS, TINY, bytes_of_table, calls, command, counting_program, points, sweep, table

TEXT = TINY + f"grid: {{{MACS}: [16, 32], {COLUMNS}: {{from: 4, to: 23, steps: 20}}}}\n"
POINTS = 40  # enough that some are left when Slurm has ended the jobs
SCRIPTS = ROOT / "scripts/cluster"


@pytest.fixture
def slurm():
    if os.environ.get("LOCKSTEP_EXTENDED") != "true":
        pytest.skip("part of scripts/test.sh --extended (or LOCKSTEP_EXTENDED=true)")
    if missing():
        pytest.skip(missing())
    slurm = Slurm()
    yield slurm
    slurm.close()


def wait_for(condition, running):
    deadline = time.monotonic() + 120
    while not condition():
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


def finished(folder):
    return {path.parent.name for path in points(folder)}


def runs_of(folder, name):
    return sum(f"/{name}" in line for line in calls(folder))


def test_sweep_survives_its_workers_and_its_scheduler(slurm, tmp_path):
    program = counting_program(tmp_path, 'sleep 0.4; exec "$PROGRAM" "$@"')
    cluster = tmp_path / "cluster"
    file = cluster / "scheduler.json"
    scheduler = slurm.submit(SCRIPTS / "scheduler.sbatch", cluster)
    workers = [slurm.submit(SCRIPTS / "worker.sbatch", cluster) for _ in range(2)]
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert json.loads(file.read_text())["address"].startswith("tls://")
    assert {path.stat().st_mode & 0o777 for path in cluster.iterdir()} == {0o600}
    words = ["--scheduler", str(cluster), "--lockstep", str(program)]
    running = subprocess.Popen(command(tmp_path, TEXT, *words), stderr=subprocess.PIPE, text=True)

    wait_for(lambda: len(points(tmp_path)) >= 2, running)
    before_loss = finished(tmp_path)
    slurm.kill(workers[0])
    slurm.submit(SCRIPTS / "worker.sbatch", cluster)
    so_far = len(points(tmp_path))
    wait_for(lambda: len(points(tmp_path)) > so_far, running)
    slurm.kill(scheduler)
    log = running.communicate(timeout=120)[1]
    assert running.returncode == 1 and "the scheduler was lost; finished points are kept" in log.splitlines()[-1]

    slurm.call("scancel", "-u", "root")
    time.sleep(3)  # until what was running has ended
    kept = {name: runs_of(tmp_path, name) for name in finished(tmp_path)}
    assert 3 <= len(kept) < POINTS
    file.unlink(missing_ok=True)
    slurm.submit(SCRIPTS / "scheduler.sbatch", cluster)
    slurm.submit(SCRIPTS / "worker.sbatch", cluster, options=["--cpus-per-task=2"])
    while not file.exists():
        time.sleep(0.1)
    sweep(tmp_path, TEXT, "--resume", *words)
    assert [row["status"] for row in table(tmp_path)] == ["ok"] * POINTS
    assert {name: runs_of(tmp_path, name) for name in kept} == kept
    assert {runs_of(tmp_path, name) for name in before_loss} == {1}
    assert len(calls(tmp_path)) <= POINTS + 3  # one was running on the lost worker, two when the scheduler was lost

    (tmp_path / "alone").mkdir()
    sweep(tmp_path / "alone", TEXT)
    assert bytes_of_table(tmp_path) == bytes_of_table(tmp_path / "alone")
