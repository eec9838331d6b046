"""The way to a Dask cluster: threads of this process that each wait for a simulator, or a cluster elsewhere, by TLS.

Whoever reaches a scheduler of Dask can run commands on all its hosts, and its answers are code for its client. So the
local cluster has no address: it lives in this process and listens nowhere. One elsewhere has to know its members by a
certificate (scripts/cluster/certificates.sh), and so has this process to know the cluster.
"""

import asyncio
import contextlib
import json
import logging
import os
import ssl
import stat
import tempfile
from pathlib import Path

import distributed
import psutil

from scripts.sweeping import quiet_dask
from scripts.sweeping.errors import FileError, SweepError

CERTIFICATE, KEY, ADDRESS = "cluster.pem", "cluster.key", "scheduler.json"


@contextlib.contextmanager
def connected(scheduler, jobs, tls=None, trust_network=False):
    """A client; leaving ends the simulators that this process started."""
    for name in ("distributed", "asyncio"):  # an interrupted loop complains about what it was waiting for
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with _remote(scheduler, tls, trust_network) if scheduler else _local(jobs) as client:
        yield client


@contextlib.contextmanager
def _remote(scheduler, tls, trust_network):
    address, folder = _found(scheduler)
    try:
        client = distributed.Client(address, security=_security(address, tls or folder, trust_network))
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        raise SweepError(f"scheduler {address}: cannot be reached: {error or 'no answer'}") from None
    try:
        yield client
    finally:
        with contextlib.suppress(OSError, asyncio.TimeoutError):  # a lost scheduler does not answer
            client.close(timeout=2)


def _found(scheduler):
    """Address of the scheduler, and the folder of its certificate or None: given as an address, file or folder."""
    path = Path(scheduler)
    path = path / ADDRESS if path.is_dir() else path
    if not path.is_file():
        if path.name == ADDRESS or "://" not in scheduler:
            raise FileError(f"scheduler {path}: there is no such file; a scheduler writes it when it has started")
        return scheduler, None
    try:
        address = json.loads(path.read_text(encoding="utf-8"))["address"]
        if isinstance(address, str) and "://" in address:
            return address, path.parent
    except OSError as error:
        raise FileError(f"scheduler {path}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise SweepError(f"scheduler {path}: is not the file that a scheduler writes")


def _security(address, folder, trust_network):
    if not address.startswith("tls://"):
        if trust_network:
            return None
        raise SweepError(
            f"scheduler {address}: not encrypted, so whoever reaches it can run commands on its hosts and on this one;"
            " use one with certificates (docs/sweeps.md), or --trust-network where nobody else is"
        )
    if not folder:
        raise SweepError(f"scheduler {address}: needs --tls DIR, the folder with its {CERTIFICATE} and {KEY}")
    certificate, key = Path(folder) / CERTIFICATE, Path(folder) / KEY
    check_private(key)
    try:
        ssl.create_default_context(cafile=certificate).load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        name = certificate if not certificate.is_file() else f"{certificate}, {key}"
        raise FileError(f"{name}: no certificate and its key: {error.strerror or error}") from None
    files = {"tls_ca_file": str(certificate), "tls_client_cert": str(certificate), "tls_client_key": str(key)}
    return distributed.Security(require_encryption=True, **files)


def check_private(key):
    """Who can read the key can run commands as its owner; who can write it can have a sweep trust another cluster."""
    try:
        status = os.stat(key)
    except OSError as error:
        raise FileError(f"{key}: cannot be read: {error.strerror}") from None
    if status.st_uid not in (0, os.geteuid()) or stat.S_IMODE(status.st_mode) & 0o077:
        raise SweepError(f"{key}: others can use this key; make new certificates in a new folder")


@contextlib.contextmanager
def _local(jobs):
    with tempfile.TemporaryDirectory(prefix="lockstep-sweep-") as folder:
        options = {"nthreads": jobs, "memory_limit": 0, "local_directory": folder, "protocol": "inproc://"}
        cluster = distributed.SpecCluster(
            scheduler={"cls": quiet_dask.Scheduler, "options": {"protocol": "inproc://", "dashboard": False}},
            workers={0: {"cls": quiet_dask.Worker, "options": {**options, "silence_logs": logging.CRITICAL}}},
            silence_logs=logging.CRITICAL,
        )
        with cluster:
            try:
                with distributed.Client(cluster) as client:
                    yield client
            finally:  # the client is closed, so that no other task starts
                _end_children()


def _end_children():
    """The programs; what they started ends with them."""
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            child.terminate()
