"""A cluster on the loopback, started by the scripts for Slurm without a Slurm; it works in a folder of its own."""

import json
import os
import signal
import subprocess
import time

from lockstep_program import ROOT

SCRIPTS = ROOT / "scripts/cluster"


class Cluster:
    def __init__(self, folder):
        self._work = folder
        self.folder = folder / "cluster"
        self.scheduler = self._start("scheduler.sbatch", "--host", "127.0.0.1")
        self.workers = []
        deadline = time.monotonic() + 30
        while not self.address:
            assert self.scheduler.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    @property
    def address(self):
        try:
            return json.loads((self.folder / "scheduler.json").read_text())["address"]
        except (OSError, ValueError):
            return ""

    def add_worker(self):
        host = f"127.0.0.{len(self.workers) + 2}"  # of the loopback, each is like another computer
        self.workers.append(self._start("worker.sbatch", "--host", host))

    def _start(self, script, *options):
        words = ["bash", SCRIPTS / script, self.folder, *options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SLURM")}
        with open(self._work / "cluster.log", "a") as log:
            return subprocess.Popen(
                words, cwd=self._work, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def log(self):
        return (self._work / "cluster.log").read_text()

    @staticmethod
    def kill(process):
        """It, and all that it started."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()

    def close(self):
        for process in [*self.workers, self.scheduler]:
            self.kill(process)
