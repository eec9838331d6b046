"""A goal-directed search over the keys of a sweep, generation by generation, with NSGA-II of Optuna.

Each generation follows from the seed and the results of the earlier ones, in their order. So the search is the same
however many points run at a time, and one that was interrupted repeats its steps from the results on the disk.
"""

from dataclasses import dataclass

from scripts.sweeping import axes, inputs
from scripts.sweeping.errors import SweepError
from scripts.sweeping.strict_yaml import Block

_DIRECTIONS = ("minimize", "maximize")
_MAX_POPULATION = 1000
_FUTILE = 50  # generations' worth of points in a row that constraints exclude


@dataclass(frozen=True)
class Goal:
    """What a search varies, and what for."""

    samples: int
    population: int
    seed: int
    keys: Block  # key -> list of values, or range
    objectives: dict  # metric or dotted path into summary.json -> direction


def read_goal(block):
    """The block `search` of a sweep file, or None."""
    goal = block.read("search", Block, "a block")
    if goal is None:
        return None
    for name in axes.NAMES[1:]:
        if name in block:
            block.fail(f"{name}: a search has no other axes", name)
    goal.refuse_others("samples", "population", "seed", "keys", "objectives")
    samples, population, seed = (
        goal.read(key, int, "a whole number", default) for key, default in (("samples", 0), ("population", 20), ("seed", 1))
    )
    keys = goal.read("keys", Block, "keys with their values or ranges")
    objectives = goal.read("objectives", Block, "metrics, each minimize or maximize")
    if samples < 1 or population < 2 or not keys or not objectives:
        goal.fail("search: needs samples of at least 1, a population of at least 2, keys and objectives")
    axes.refuse_more(goal, samples)
    if population > _MAX_POPULATION or not 0 <= seed < 2**32:
        goal.fail(f"search: population must be at most {_MAX_POPULATION}, and seed a whole number below 2^32")
    for metric, direction in objectives.items():
        if direction not in _DIRECTIONS:
            objectives.fail(f"{metric}: must be minimize or maximize", metric)
    for key in keys:
        axes.check_choice(keys, key)
    return Goal(samples, population, seed, keys, dict(objectives))


def objective(summary, name):
    """The number of a result that the objective names, or None."""
    metric = summary["metrics"].get(name)
    value = metric["value"] if metric else inputs.value_at(summary, name)
    return value if isinstance(value, (int, float)) else None


class Search:
    """`ask` for a generation, `tell` what came of it, until `ask` has nothing more."""

    def __init__(self, goal, point, allowed):
        """`point` makes one of the values of the keys; `allowed` tells whether all constraints hold for it."""
        self.goal, self._point, self._allowed = goal, point, allowed
        self._optuna = _optuna()
        sampler = self._optuna.samplers.NSGAIISampler(population_size=goal.population, seed=goal.seed)
        self._study = self._optuna.create_study(sampler=sampler, directions=list(goal.objectives.values()))
        self._distributions = {key: self._distribution(key) for key in goal.keys}
        self._left = goal.samples
        self._trials = []

    def ask(self):
        """The next points; equal ones may come again."""
        wanted, self._trials, points = min(self._left, self.goal.population), [], []
        for _ in range(_FUTILE * self.goal.population):
            if len(points) == wanted:
                break
            trial = self._study.ask(self._distributions)
            values = {key: axes.chosen(self.goal.keys, key, value) for key, value in trial.params.items()}
            point = self._point(values)
            if self._allowed(point):
                self._trials.append(trial)
                points.append(point)
            else:
                self._fail(trial)
        if wanted and not points:
            raise SweepError("search: the constraints exclude nearly all points")
        self._left -= len(points)
        return points

    def tell(self, summaries):
        """The results of the points asked for last, in their order; None for one that failed."""
        for trial, summary in zip(self._trials, summaries):
            if summary is None:
                self._fail(trial)
            else:
                self._study.tell(trial, [self._number(summary, name) for name in self.goal.objectives])

    def _fail(self, trial):
        self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)

    def _number(self, summary, name):
        value = objective(summary, name)
        if value is None:
            raise SweepError(f"search: {name}: no such number in the results; there are {', '.join(summary['metrics'])}")
        return value

    def _distribution(self, key):
        kinds = self._optuna.distributions
        given = self.goal.keys[key]
        if isinstance(given, list):
            return kinds.CategoricalDistribution(given)
        log, ends = given.get("scale") == "log", (given["from"], given["to"])
        if not axes.is_whole(given):
            return kinds.FloatDistribution(*map(float, ends), log=log)
        step = given.get("multiple_of", 1)
        return kinds.IntDistribution(-(-ends[0] // step), ends[1] // step, log=log)  # in steps


def best(goal, summaries):
    """Indices of the results that no other one beats in all objectives, by the first objective; None is no result."""
    signs = [1 if direction == "minimize" else -1 for direction in goal.objectives.values()]
    costs = {}
    for index, summary in enumerate(summaries):
        if summary is not None:
            costs[index] = [sign * objective(summary, name) for sign, name in zip(signs, goal.objectives)]
    front = [i for i, cost in costs.items() if not any(_beats(other, cost) for other in costs.values())]
    return sorted(front, key=lambda index: costs[index])


def _beats(cost, other):
    return cost != other and all(mine <= theirs for mine, theirs in zip(cost, other))


def _optuna():
    try:
        import optuna
    except ImportError:
        raise SweepError("search: needs Optuna; install python3-optuna and use /usr/bin/python3") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
