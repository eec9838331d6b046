"""A small translation model of torch.nn parts for exporter tests. Import it after
pytest.importorskip("torch").
"""

import math

import torch
from torch import nn

PAD, BOS, EOS = 0, 2, 3


class SmallTransformer(nn.Module):
    def __init__(self, d=16, heads=2, d_ff=32, vocabulary=23, max_tokens=24, layers=1, **options):
        super().__init__()
        self.d = d
        shape = (d, heads, d_ff, 0.1)
        options = {"batch_first": True, **options}
        encoder_layer = nn.TransformerEncoderLayer(*shape, **options)
        decoder_layer = nn.TransformerDecoderLayer(*shape, **options)
        self.embedding = nn.Embedding(vocabulary, d)
        self.encoder = nn.TransformerEncoder(encoder_layer, layers)
        self.decoder = nn.TransformerDecoder(decoder_layer, layers)
        self.generator = nn.Linear(d, vocabulary)
        self.dropout = nn.Dropout(0.1)
        angles = torch.arange(max_tokens)[:, None] / 10 ** (torch.arange(0, d, 2) / d * 3)
        positions = torch.stack([angles.sin(), angles.cos()], -1).reshape(max_tokens, d)
        self.register_buffer("positions", positions)

    def embed(self, tokens):
        return self.dropout(
            self.embedding(tokens) * math.sqrt(self.d) + self.positions[: tokens.shape[1]]
        )

    def forward(self, source, target):
        future = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
        memory = self.encoder(self.embed(source), src_key_padding_mask=source == PAD)
        hidden = self.decoder(
            self.embed(target), memory, tgt_mask=future, memory_key_padding_mask=source == PAD
        )
        return self.generator(hidden)


def random_model(seed=0, kind=SmallTransformer, **options):
    """Not as initialised by torch: its norms would all be 1 and 0, and attention nearly uniform."""
    torch.manual_seed(seed)
    model = kind(**options)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.add_(torch.randn_like(parameter) * 0.2)
            elif parameter.dim() > 1:
                parameter.mul_(1.5)
            else:
                parameter.normal_(0, 0.1)
    return model.eval()


def random_pairs(count, vocabulary=23, longest=12, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def side():
        length = int(torch.randint(2, longest, (1,), generator=generator))
        return torch.randint(4, vocabulary, (length,), generator=generator).tolist() + [EOS]

    return [(side(), side()) for _ in range(count)]
