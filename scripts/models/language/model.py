"""An ordinary decoder-only Transformer: pre-norm, GELU, learned positions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from scripts.models.text.vocabulary import EOS

VOCABULARY_SIZE = 2000


@dataclass(frozen=True)
class ModelConfig:
    vocabulary: int = VOCABULARY_SIZE
    d_model: int = 128
    heads: int = 4
    d_ff: int = 512
    layers: int = 3
    max_tokens: int = 64  # rows of the position table
    dropout: float = 0.1


class Attention(nn.Module):
    """Each position sees itself and earlier ones. [batch, T, d_model] -> the same shape"""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.q, self.k, self.v, self.out = (
            nn.Linear(config.d_model, config.d_model) for _ in range(4)
        )

    def forward(self, x: Tensor) -> Tensor:
        batch, length, d_model = x.shape
        q, k, v = (
            part(x).view(batch, length, self.heads, -1).transpose(1, 2)
            for part in (self.q, self.k, self.v)
        )
        scores = q @ k.transpose(2, 3) / math.sqrt(d_model // self.heads)
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        probabilities = scores.masked_fill(future, -math.inf).softmax(-1)
        return self.out((probabilities @ v).transpose(1, 2).reshape(batch, length, d_model))


class Block(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(config.d_model), nn.LayerNorm(config.d_model)
        self.attention = Attention(config)
        self.linear1 = nn.Linear(config.d_model, config.d_ff)
        self.linear2 = nn.Linear(config.d_ff, config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.linear2(functional.gelu(self.linear1(self.norm2(x)))))


class LanguageModel(nn.Module):
    """The head, being pruned, has its own weights: they are not those of the embedding."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.d_model)
        self.positions = nn.Embedding(config.max_tokens, config.d_model)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.d_model)
        self.head = nn.Linear(config.d_model, config.vocabulary, bias=False)
        self._initialise()

    def _initialise(self) -> None:
        """As GPT-2: what is added to the residual stream starts smaller, the more is added."""
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                last = name.endswith(("out.weight", "linear2.weight"))
                shrink = math.sqrt(2 * self.config.layers) if last else 1
                nn.init.normal_(parameter, std=0.02 / shrink)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def hidden(self, tokens: Tensor) -> Tensor:
        """[batch, T] token ids -> what the head gets: [batch, T, d_model]"""
        places = torch.arange(tokens.shape[1])
        x = self.dropout(self.embedding(tokens) + self.positions(places))
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits for the token after each position: [batch, T, vocabulary]"""
        return self.head(self.hidden(tokens))


@torch.no_grad()
def greedy_continue(model: LanguageModel, prompt: list[int], allowed: int) -> list[int]:
    """The most likely token at each step, until EOS, `allowed` tokens or the end of the context."""
    tokens = list(prompt)
    allowed = min(allowed, model.config.max_tokens + 1 - len(prompt))
    for _ in range(allowed):
        tokens.append(int(model(torch.tensor([tokens]))[0, -1].argmax()))
        if tokens[-1] == EOS:
            break
    return tokens[len(prompt) :]
