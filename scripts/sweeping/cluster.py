"""Tasks on Dask: threads of this process that each wait for a simulator, or the workers of a cluster."""

import asyncio
import concurrent.futures
import contextlib
import itertools
import logging
import pickle
import tempfile

import cloudpickle
import distributed
import psutil

from scripts.sweeping import worker
from scripts.sweeping.errors import ClusterLost, SweepError


class _ByValue:
    """Pickles a function with its module, which a cluster's workers need not have."""

    def __init__(self, function):
        cloudpickle.register_pickle_by_value(worker)
        self._pickled = cloudpickle.dumps(function)

    def __reduce__(self):
        return pickle.loads, (self._pickled,)

    def __call__(self, task):
        return pickle.loads(self._pickled)(task)


@contextlib.contextmanager
def connected(scheduler, jobs):
    """A client; leaving ends the simulators that this process started."""
    for name in ("distributed", "asyncio"):  # an interrupted loop complains about what it was waiting for
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with _remote(scheduler) if scheduler else _local(jobs) as client:
        yield client


@contextlib.contextmanager
def _remote(address):
    try:
        client = distributed.Client(address)
    except (OSError, ValueError) as error:
        raise SweepError(f"scheduler {address}: cannot be reached: {error}") from None
    try:
        yield client
    finally:
        client.close(timeout=2)


@contextlib.contextmanager
def _local(jobs):
    with tempfile.TemporaryDirectory(prefix="lockstep-sweep-") as folder:
        cluster = distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=jobs,
            processes=False,
            dashboard_address=None,
            memory_limit=0,
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        )
        with cluster:
            try:
                with distributed.Client(cluster) as client:
                    yield client
            finally:  # the client is closed, so that no other task starts
                _end_children()


def _end_children():
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.terminate()


def outcomes(client, tasks):
    """(index of the task, its outcome) as they end. A worker's loss moves its tasks to others."""
    try:
        yield from _outcomes(client, tasks)
    except (OSError, concurrent.futures.CancelledError, asyncio.CancelledError):
        message = "the scheduler was lost; finished points are kept, the same command goes on"
        raise ClusterLost(message) from None


def _outcomes(client, tasks):
    run = _ByValue(worker.run)
    indices = {}
    waiting = iter(enumerate(tasks))

    def submit(index, task):
        future = client.submit(run, task, pure=False, key=f"point-{index}-{client.id}")
        indices[future.key] = index
        return future

    ahead = 4 * max(1, sum(client.nthreads().values()))  # bounds what the scheduler holds
    running = distributed.as_completed([submit(*item) for item in itertools.islice(waiting, ahead)])
    for future in running:
        yield indices.pop(future.key), _outcome(future)
        for item in itertools.islice(waiting, 1):
            running.add(submit(*item))


def _outcome(future):
    """The worker's, or what kept it from having one."""
    if future.status != "error":
        return future.result()
    error = future.exception()
    if isinstance(error, distributed.scheduler.KilledWorker):
        return "each worker that ran it was lost", False
    return f"{type(error).__name__}: {error}", False
