"""Tasks on Dask: threads of this process that each wait for a simulator, or the workers of a cluster."""

import asyncio
import collections
import concurrent.futures
import contextlib
import itertools
import logging
import os
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
        is_file = os.path.isfile(address)
        client = distributed.Client(scheduler_file=address) if is_file else distributed.Client(address)
    except (OSError, ValueError) as error:
        raise SweepError(f"scheduler {address}: cannot be reached: {error}") from None
    try:
        yield client
    finally:
        with contextlib.suppress(OSError, asyncio.TimeoutError):  # a lost scheduler does not answer
            client.close(timeout=2)


@contextlib.contextmanager
def _local(jobs):
    with tempfile.TemporaryDirectory(prefix="lockstep-sweep-") as folder:
        cluster = distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=jobs,
            processes=False,
            dashboard_address="127.0.0.1:0",
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
    """The programs; what they started ends with them."""
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            child.terminate()


def slots(client):
    """Points that run at a time, as the cluster is now."""
    return max(1, sum(client.nthreads().values()))


def outcomes(client, batches, common):
    """(name of a point, its outcome) as batches of (name, arguments) end; `common` is what worker.run needs besides.

    A lost worker's batches move to others. A batch that takes every worker with it is tried again point by point.
    """
    try:
        yield from _Submission(client, batches, common).outcomes()
    except (OSError, concurrent.futures.CancelledError, asyncio.CancelledError):
        message = "the scheduler was lost; finished points are kept, the same command goes on"
        raise ClusterLost(message) from None


class _Submission:
    def __init__(self, client, batches, common):
        self._client, self._common = client, common
        self._run = _ByValue(worker.run)
        self._batches = iter(batches)
        self._again = collections.deque()  # what came back and has to be tried once more
        self._numbers = itertools.count()
        self._submitted = {}  # key of the future -> batch

    def outcomes(self):
        running = distributed.as_completed()
        self._fill(running)
        for future in running:
            batch = self._submitted.pop(future.key)
            yield from self._ended(batch, future)
            self._fill(running)

    def _fill(self, running):
        """Twice what can run: more is a burden to the scheduler, less lets workers wait."""
        while len(self._submitted) < 2 * slots(self._client):
            batch = self._again.popleft() if self._again else next(self._batches, None)
            if batch is None:
                return
            running.add(self._submit(batch))

    def _submit(self, batch):
        task = {**self._common, "points": [words for _, words in batch]}
        key = f"batch-{next(self._numbers)}-{self._client.id}"
        future = self._client.submit(self._run, task, pure=False, key=key)
        self._submitted[future.key] = batch
        return future

    def _ended(self, batch, future):
        names = [name for name, _ in batch]
        if future.status != "error":
            outcomes = future.result()
            yield from zip(names, outcomes)
            rest = batch[len(outcomes) :]
            self._again.extend([rest] if rest else [])
        elif len(batch) > 1:
            self._again.extend([point] for point in batch)
        else:
            yield names[0], (_loss(future.exception()), False)


def _loss(error):
    """What kept a worker from having an outcome."""
    if isinstance(error, distributed.scheduler.KilledWorker):
        return "each worker that ran it was lost"
    return f"{type(error).__name__}: {error}"
