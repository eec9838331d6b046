"""The encoder-decoder Transformer of a workload in PyTorch, decoding with kept keys and values as toolkits do.

Post-norm, ReLU, sinusoidal positions left out (they are one addition); weights are random, since time does not depend
on them, and dense: PyTorch multiplies by zeros as by other numbers.
"""

import torch
from torch import nn
from torch.nn.functional import softmax


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def keys_and_values(self, x):
        """[rows, width] -> two of [heads, rows, width of a head]"""
        return self._split(self.key(x)), self._split(self.value(x))

    def forward(self, x, keys, values):
        query = self._split(self.query(x))
        scores = query @ keys.transpose(1, 2) / query.shape[-1] ** 0.5
        mixed = softmax(scores, -1) @ values
        return self.out(mixed.transpose(0, 1).reshape(x.shape))

    def _split(self, x):
        return x.view(x.shape[0], self.heads, -1).transpose(0, 1)


class FeedForward(nn.Sequential):
    def __init__(self, width, inner):
        super().__init__(nn.Linear(width, inner), nn.ReLU(), nn.Linear(inner, width))


class EncoderLayer(nn.Module):
    def __init__(self, width, heads, inner):
        super().__init__()
        self.attention, self.feed_forward = Attention(width, heads), FeedForward(width, inner)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x):
        x = self.norm1(x + self.attention(x, *self.attention.keys_and_values(x)))
        return self.norm2(x + self.feed_forward(x))


class DecoderLayer(nn.Module):
    def __init__(self, width, heads, inner):
        super().__init__()
        self.own, self.cross = Attention(width, heads), Attention(width, heads)
        self.feed_forward = FeedForward(width, inner)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))

    def forward(self, x, kept, memory):
        """`x` is the newest position; `kept` the keys and values of the earlier ones, or None. Returns both anew."""
        newest = self.own.keys_and_values(x)
        kept = newest if kept is None else tuple(torch.cat(pair, 1) for pair in zip(kept, newest))
        x = self.norm1(x + self.own(x, *kept))
        x = self.norm2(x + self.cross(x, *memory))
        return self.norm3(x + self.feed_forward(x)), kept


class HostTransformer(nn.Module):
    def __init__(self, shape):
        """`shape`: the keys d_model, heads, d_ff, encoder_layers, decoder_layers and vocabulary of a workload."""
        super().__init__()
        sizes = shape["d_model"], shape["heads"], shape["d_ff"]
        self.embedding = nn.Embedding(max(1, shape["vocabulary"]), shape["d_model"])
        self.encoder = nn.Sequential(*(EncoderLayer(*sizes) for _ in range(shape["encoder_layers"])))
        self.decoder = nn.ModuleList(DecoderLayer(*sizes) for _ in range(shape["decoder_layers"]))
        self.generator = nn.Linear(shape["d_model"], shape["vocabulary"]) if shape["vocabulary"] else None

    @torch.no_grad()
    def translate(self, source, steps):
        """Greedy decoding of token ids [n]; exactly `steps` tokens, as the simulated workload has it."""
        encoded = self.encoder(self.embedding(source))
        memory = [layer.cross.keys_and_values(encoded) for layer in self.decoder]
        kept, token, tokens = [None] * len(memory), torch.zeros(1, dtype=torch.long), []
        for _ in range(steps):
            x = self.embedding(token)
            for i, layer in enumerate(self.decoder):
                x, kept[i] = layer(x, kept[i], memory[i])
            token = self.generator(x).argmax(-1) if self.generator else torch.zeros(1, dtype=torch.long)
            tokens.append(int(token))
        return tokens
