"""A Slurm of one node, all of it in a folder and on free ports: nothing of the system's configuration is touched."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "squeue")

CONFIGURATION = """ClusterName=lockstep
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_min_interval=0
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=8
PartitionName=main Nodes={host} Default=YES State=UP
"""


def missing():
    """Why it cannot be started, or nothing."""
    absent = [program for program in PROGRAMS if not shutil.which(program, path=_PATH)]
    if absent:
        return f"Slurm is not installed (Debian package slurm-wlm): no {', '.join(absent)}"
    return "" if os.getuid() == 0 else "a Slurm of its own needs root"


_PATH = os.environ["PATH"] + ":/usr/sbin"


class Slurm:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-"))  # short: the path of a socket has 107 characters
        self.folder.chmod(0o755)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        host = socket.gethostname().split(".")[0]
        text = CONFIGURATION.format(host=host, folder=self.folder, ports=_free_ports(2))
        (self.folder / "slurm.conf").write_text(text)
        self._environment = {**os.environ, "PATH": _PATH, "SLURM_CONF": str(self.folder / "slurm.conf")}
        self._daemons = []
        f = self.folder
        self._start(
            "munged", "--foreground", "--force", f"--key-file={key}", f"--socket={f}/munge.socket",
            f"--pid-file={f}/munged.pid", f"--log-file={f}/munged.log", f"--seed-file={f}/munge.seed",
        )  # fmt: skip
        self._until(lambda: (f / "munge.socket").exists())
        self._start("slurmctld", "-D")
        self._start("slurmd", "-D")
        self._until(lambda: "idle" in self.call("sinfo", "-h", "-o", "%t"))

    def submit(self, script, *words, options=()):
        """The number of the job."""
        output = ("-o", self.folder / "job-%A-%a.log")
        return self.call("sbatch", "--parsable", *output, *options, script, *words).strip()

    def kill(self, job):
        self.call("scancel", "--signal=KILL", "--full", job)
        self._until(lambda: not self.call("squeue", "-h", "-j", job, "-t", "RUNNING,COMPLETING,PENDING", check=False))

    def call(self, *words, check=True):
        return subprocess.run(
            [*map(str, words)], env=self._environment, cwd=self.folder, check=check, capture_output=True, text=True
        ).stdout

    def close(self):
        self.call("scancel", "--signal=KILL", "--full", "-u", "root", check=False)
        self.call("scancel", "-u", "root", check=False)
        time.sleep(1)
        for daemon in reversed(self._daemons):
            daemon.terminate()
            daemon.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, *words):
        log = open(self.folder / f"{words[0]}.out", "w")
        self._daemons.append(subprocess.Popen(words, env=self._environment, stdout=log, stderr=log, cwd=self.folder))

    def _until(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, f"Slurm is stuck; its logs are in {self.folder}"
            assert all(daemon.poll() is None for daemon in self._daemons), f"Slurm ended; logs in {self.folder}"
            time.sleep(0.1)


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports
