"""Numbers and tensors for random networks, a seed's own; one in some is extreme."""

import numpy as np


class Numbers:
    def __init__(self, seed):
        self.rng = np.random.default_rng([seed, 2])

    def one_in(self, n):
        return self.rng.integers(n) == 0

    def whole(self, least, most):
        return int(self.rng.integers(least, most, endpoint=True))

    def pick(self, values):
        return values[self.rng.integers(len(values))]

    def int8(self, *shape):
        values = self.rng.normal(0, self.pick([3, 40, 90]), shape)
        values[self.rng.random(shape) < 0.05] = self.pick([-128, 127])
        return np.clip(np.rint(values), -128, 127).astype(np.int8)

    def int32(self, size, most):
        return self.rng.integers(-most, most, size, endpoint=True).astype(np.int32)

    def scale(self, ratio, bits=31, keys=("multiplier",)):
        """A shift, and multipliers that make about `ratio` with it; one in ten is extreme."""
        most, shift = 2**bits - 1, self.whole(1, max(1, int(min(40, bits - 2 - np.log2(ratio)))))
        wanted = ratio * 2.0**shift * 2.0 ** self.rng.uniform(-1.5, 1.5, len(keys))
        values = [int(min(most, max(0, round(value)))) for value in wanted]
        if self.one_in(10):
            shift, values = self.pick([1, 2, 31, 62]), [self.pick([0, 1, most]) for _ in keys]
        return dict(zip(keys, values)) | {"shift": shift}
