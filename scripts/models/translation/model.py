"""An ordinary encoder-decoder Transformer, made of torch.nn parts only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from scripts.models.text.batches import pad
from scripts.models.text.vocabulary import BOS, EOS, PAD
from scripts.models.translation.vocabulary import VOCABULARY_SIZE


@dataclass(frozen=True)
class ModelConfig:
    vocabulary: int = VOCABULARY_SIZE
    d_model: int = 128
    heads: int = 4
    d_ff: int = 512
    layers: int = 2  # of the encoder, and as many of the decoder
    max_tokens: int = 64  # rows of the position table
    dropout: float = 0.1


def sinusoidal_positions(max_tokens: int, d_model: int) -> Tensor:
    """Vaswani et al. 2017, section 3.5: sine in even columns, cosine in odd ones.

    [max_tokens, d_model]
    """
    position = torch.arange(max_tokens, dtype=torch.float64)[:, None]
    rate = torch.exp(torch.arange(0, d_model, 2, dtype=torch.float64) * (-math.log(1e4) / d_model))
    table = torch.empty(max_tokens, d_model, dtype=torch.float64)
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate)
    return table.float()


class TranslationModel(nn.Module):
    """Source and target share one embedding; the generator, being pruned, has its own weights."""

    positions: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        shape = (config.d_model, config.heads, config.d_ff, config.dropout)
        encoder_layer = nn.TransformerEncoderLayer(*shape, activation="relu", batch_first=True)
        decoder_layer = nn.TransformerDecoderLayer(*shape, activation="relu", batch_first=True)
        self.embedding = nn.Embedding(config.vocabulary, config.d_model, padding_idx=PAD)
        self.encoder = nn.TransformerEncoder(
            encoder_layer, config.layers, enable_nested_tensor=False
        )
        self.decoder = nn.TransformerDecoder(decoder_layer, config.layers)
        self.generator = nn.Linear(config.d_model, config.vocabulary)
        self.dropout = nn.Dropout(config.dropout)
        positions = sinusoidal_positions(config.max_tokens, config.d_model)
        self.register_buffer("positions", positions, persistent=False)
        self._initialise()

    def _initialise(self) -> None:
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
        nn.init.normal_(self.embedding.weight, std=self.config.d_model**-0.5)
        with torch.no_grad():
            self.embedding.weight[PAD].zero_()

    def embed(self, tokens: Tensor) -> Tensor:
        """[batch, L] token ids -> [batch, L, d_model]"""
        scaled = self.embedding(tokens) * math.sqrt(self.config.d_model)
        return self.dropout(scaled + self.positions[: tokens.shape[1]])

    def encode(self, source: Tensor) -> Tensor:
        return self.encoder(self.embed(source), src_key_padding_mask=source == PAD)

    def decode(self, target: Tensor, memory: Tensor, source: Tensor) -> Tensor:
        """Hidden states of the decoder, before the generator: [batch, T, d_model]"""
        length = target.shape[1]
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        return self.decoder(
            self.embed(target), memory, tgt_mask=future, memory_key_padding_mask=source == PAD
        )

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Logits for the token after each target position: [batch, T, vocabulary]"""
        return self.generator(self.decode(target, self.encode(source), source))


def max_target_tokens(source_tokens: int, config: ModelConfig) -> int:
    """Decoding stops here if no EOS came; source_tokens counts the source's EOS."""
    return min(2 * source_tokens + 10, config.max_tokens)


@torch.no_grad()
def greedy_decode(model: TranslationModel, sources: list[list[int]]) -> list[list[int]]:
    """The most likely token at each step, for a batch of sources; EOS is included, BOS is not."""
    source = pad(sources)
    memory = model.encode(source)
    limits = [max_target_tokens(len(tokens), model.config) for tokens in sources]
    outputs: list[list[int]] = [[] for _ in sources]
    target = torch.full((len(sources), 1), BOS)
    for step in range(max(limits)):
        best = model.generator(model.decode(target, memory, source)[:, -1]).argmax(-1)
        for output, limit, token in zip(outputs, limits, best.tolist()):
            if len(output) < limit and EOS not in output[-1:]:
                output.append(token)
        if all(o[-1] == EOS or len(o) == limit for o, limit in zip(outputs, limits)):
            break
        target = torch.cat([target, best[:, None]], 1)[:, : model.config.max_tokens]
    return outputs
