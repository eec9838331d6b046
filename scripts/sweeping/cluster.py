"""Batches of points on the workers of a Dask cluster, and what came of them."""

import asyncio
import collections
import concurrent.futures
import itertools
import pickle

import cloudpickle
import distributed

from scripts.sweeping import worker
from scripts.sweeping.errors import ClusterLost

_MOST_RETURNS = 3  # of a batch whose process was told to end before a point of it had ended


class _ByValue:
    """Pickles a function with its module, which a cluster's workers need not have."""

    def __init__(self, function):
        cloudpickle.register_pickle_by_value(worker)
        self._pickled = cloudpickle.dumps(function)

    def __reduce__(self):
        return pickle.loads, (self._pickled,)

    def __call__(self, task):
        return pickle.loads(self._pickled)(task)


def slots(client):
    """Points that run at a time, as the cluster is now."""
    return max(1, sum(client.nthreads().values()))


def outcomes(client, batches, common, progress):
    """(name of a point, its outcome) as batches of (name, arguments) end; `common` is what worker.run needs besides.

    A lost worker's batches move to others. A batch that takes every worker with it is tried again point by point.
    """
    try:
        yield from _Submission(client, batches, common, progress).outcomes()
    except (OSError, concurrent.futures.CancelledError, asyncio.CancelledError):
        message = "the scheduler was lost; finished points are kept, the same command goes on"
        raise ClusterLost(message) from None


class _Submission:
    def __init__(self, client, batches, common, progress):
        self._client, self._progress = client, progress
        self._topic = f"lockstep-{client.id}"
        self._common = {**common, "topic": self._topic}
        self._run = _ByValue(worker.run)
        self._batches = iter(batches)
        self._again = collections.deque()  # what came back and has to be tried once more
        self._returns = collections.Counter()  # name of a point -> times that its batch came back untouched
        self._numbers = itertools.count()
        self._submitted = {}  # key of the future -> batch

    def outcomes(self):
        self._client.subscribe_topic(self._topic, lambda event: self._progress.running(*event[1]))
        running = distributed.as_completed()
        self._fill(running)
        for future in running:
            batch = self._submitted.pop(future.key)
            found = list(self._ended(batch, future))
            self._progress.ended(future.key, len(found))
            yield from found
            self._fill(running)

    def _fill(self, running):
        """Twice what can run: more is a burden to the scheduler, less lets workers wait."""
        self._progress.slots = slots(self._client)
        while len(self._submitted) < 2 * self._progress.slots:
            batch = self._again.popleft() if self._again else next(self._batches, None)
            if batch is None:
                return
            running.add(self._submit(batch))

    def _submit(self, batch):
        key = f"batch-{next(self._numbers)}-{self._client.id}"
        task = {**self._common, "name": key, "points": [words for _, words in batch]}
        future = self._client.submit(self._run, task, pure=False, key=key)
        self._submitted[future.key] = batch
        return future

    def _ended(self, batch, future):
        names = [name for name, _ in batch]
        if future.status != "error":
            outcomes = future.result() or self._returned(names[0])
            yield from zip(names, outcomes)
            rest = batch[len(outcomes) :]
            self._again.extend([rest] if rest else [])
        elif len(batch) > 1:
            self._again.extend([point] for point in batch)
        else:
            yield names[0], (_loss(future.exception()), False)

    def _returned(self, name):
        """Outcomes of a batch without any: none as yet, as of a worker that leaves, or that its first point fails."""
        self._returns[name] += 1
        if self._returns[name] < _MOST_RETURNS:
            return []
        return [(f"its process was told to end {_MOST_RETURNS} times", False)]


def _loss(error):
    """What kept a worker from having an outcome."""
    if isinstance(error, distributed.scheduler.KilledWorker):
        return "each worker that ran it was lost"
    return f"{type(error).__name__}: {error}"
