"""Small instances of well-known Transformers, of plain torch modules and written as such models are."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

VOCABULARY = 40
TOKENS = 24  # most of a sentence
WIDTH = 16
HEADS = 4


class BertSelfAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.dropout = nn.Dropout(0.1)

    def transpose_for_scores(self, x: Tensor) -> Tensor:
        return x.view(*x.size()[:-1], HEADS, WIDTH // HEADS).permute(0, 2, 1, 3)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (self.transpose_for_scores(m(hidden)) for m in (self.query, self.key, self.value))
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(WIDTH // HEADS) + mask
        context = torch.matmul(self.dropout(F.softmax(scores, dim=-1)), v)
        return context.permute(0, 2, 1, 3).contiguous().flatten(2)


class BertLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = BertSelfAttention()
        self.attention_output = nn.Linear(WIDTH, WIDTH)
        self.attention_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.intermediate = nn.Linear(WIDTH, 4 * WIDTH)
        self.output = nn.Linear(4 * WIDTH, WIDTH)
        self.output_norm = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.attention_norm(self.attention_output(self.attention(x, mask)) + x)
        return self.output_norm(self.output(F.gelu(self.intermediate(x))) + x)


class Bert(nn.Module):
    """Padding is token 0. Classes of the sentence from its first token, and of each token."""

    def __init__(self) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(VOCABULARY, WIDTH, padding_idx=0)
        self.position_embeddings = nn.Embedding(TOKENS, WIDTH)
        self.token_type_embeddings = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(BertLayer() for _ in range(2))
        self.pooler = nn.Linear(WIDTH, WIDTH)
        self.classifier = nn.Linear(WIDTH, 3)
        self.tagger = nn.Linear(WIDTH, 5)

    def forward(self, ids: Tensor) -> dict[str, Tensor]:
        mask = (1.0 - (ids != 0)[:, None, None, :].float()) * torch.finfo(torch.float32).min
        positions = torch.arange(ids.shape[1])[None]
        x = self.word_embeddings(ids) + self.token_type_embeddings(torch.zeros_like(ids))
        x = self.norm(x + self.position_embeddings(positions))
        for layer in self.layers:
            x = layer(x, mask)
        pooled = torch.tanh(self.pooler(x[:, 0]))
        return {"logits": self.classifier(pooled), "tags": self.tagger(x)}


class GptBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(WIDTH)
        self.c_attn = nn.Linear(WIDTH, 3 * WIDTH)
        self.c_proj = nn.Linear(WIDTH, WIDTH)
        self.ln_2 = nn.LayerNorm(WIDTH)
        self.c_fc = nn.Linear(WIDTH, 4 * WIDTH)
        self.mlp_proj = nn.Linear(4 * WIDTH, WIDTH)
        mask = torch.tril(torch.ones(TOKENS, TOKENS, dtype=torch.bool))
        self.register_buffer("bias", mask.view(1, 1, TOKENS, TOKENS))

    def attend(self, x: Tensor) -> Tensor:
        b, t, c = x.size()
        q, k, v = self.c_attn(x).split(WIDTH, dim=2)
        q, k, v = (a.view(b, t, HEADS, c // HEADS).transpose(1, 2) for a in (q, k, v))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        scores = scores.masked_fill(self.bias[:, :, :t, :t] == 0, float("-inf"))
        y = F.softmax(scores, dim=-1) @ v
        return self.c_proj(y.transpose(1, 2).contiguous().view(b, t, c))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(self.ln_1(x))
        h = self.c_fc(self.ln_2(x))
        h = 0.5 * h * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (h + 0.044715 * torch.pow(h, 3.0))))
        return x + self.mlp_proj(h)


class Gpt2(nn.Module):
    """Its head shares the embedding's weights."""

    def __init__(self) -> None:
        super().__init__()
        self.wte = nn.Embedding(VOCABULARY, WIDTH)
        self.wpe = nn.Embedding(TOKENS, WIDTH)
        self.drop = nn.Dropout(0.1)
        self.h = nn.ModuleList(GptBlock() for _ in range(2))
        self.ln_f = nn.LayerNorm(WIDTH)
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.lm_head.weight = self.wte.weight

    def forward(self, ids: Tensor) -> Tensor:
        x = self.drop(self.wte(ids) + self.wpe(torch.arange(ids.shape[1], device=ids.device)))
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


class RmsNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        variance = x.float().pow(2).mean(-1, keepdim=True)
        return self.weight * (x * torch.rsqrt(variance + 1e-6))


def rotate_half(x: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    return torch.cat((-x[..., half:], x[..., :half]), dim=-1)


class LlamaAttention(nn.Module):
    """Two query heads share a key head."""

    def __init__(self, interleaved: bool, window: int) -> None:
        super().__init__()
        self.interleaved, self.window, self.kv_heads = interleaved, window, HEADS // 2
        self.size = WIDTH // HEADS
        self.q_proj = nn.Linear(WIDTH, WIDTH, bias=False)
        self.k_proj = nn.Linear(WIDTH, self.kv_heads * self.size, bias=False)
        self.v_proj = nn.Linear(WIDTH, self.kv_heads * self.size, bias=False)
        self.o_proj = nn.Linear(WIDTH, WIDTH, bias=False)
        frequencies = 1.0 / 100.0 ** (torch.arange(0, self.size, 2).float() / self.size)
        self.register_buffer("inv_freq", frequencies, persistent=False)

    def turned(self, x: Tensor) -> Tensor:
        angles = torch.outer(torch.arange(x.shape[2]).float(), self.inv_freq)
        if self.interleaved:
            a, b = x[..., 0::2], x[..., 1::2]
            cos, sin = angles.cos(), angles.sin()
            return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)
        angles = torch.cat((angles, angles), dim=-1)
        return x * angles.cos() + rotate_half(x) * angles.sin()

    def repeated(self, x: Tensor) -> Tensor:
        b, heads, t, size = x.shape
        groups = HEADS // heads
        return x[:, :, None].expand(b, heads, groups, t, size).reshape(b, HEADS, t, size)

    def forward(self, x: Tensor) -> Tensor:
        b, t, _ = x.shape
        q = self.turned(self.q_proj(x).view(b, t, HEADS, self.size).transpose(1, 2))
        k = self.turned(self.k_proj(x).view(b, t, self.kv_heads, self.size).transpose(1, 2))
        v = self.v_proj(x).view(b, t, self.kv_heads, self.size).transpose(1, 2)
        scores = q @ self.repeated(k).transpose(2, 3) / math.sqrt(self.size)
        mask = torch.full((t, t), float("-inf")).triu(1)
        if self.window:
            mask = mask + torch.full((t, t), float("-inf")).tril(-self.window)
        p = F.softmax((scores + mask).float(), dim=-1).to(q.dtype)
        return self.o_proj((p @ self.repeated(v)).transpose(1, 2).reshape(b, t, -1))


class LlamaLayer(nn.Module):
    def __init__(self, interleaved: bool, window: int) -> None:
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = RmsNorm(), RmsNorm()
        self.self_attn = LlamaAttention(interleaved, window)
        self.gate_proj = nn.Linear(WIDTH, 40, bias=False)
        self.up_proj = nn.Linear(WIDTH, 40, bias=False)
        self.down_proj = nn.Linear(40, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x))
        y = self.post_attention_layernorm(x)
        return x + self.down_proj(F.silu(self.gate_proj(y)) * self.up_proj(y))


class Llama(nn.Module):
    """`window`: of keys that a query sees, as in Mistral; 0: all earlier ones."""

    def __init__(self, interleaved: bool = False, window: int = 0) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.layers = nn.ModuleList(LlamaLayer(interleaved, window) for _ in range(2))
        self.norm = RmsNorm()
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, ids: Tensor) -> tuple[Tensor]:
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x)
        return (self.lm_head(self.norm(x)),)


class T5Attention(nn.Module):
    """Without a factor; the scores' bias depends on the distance of query and key."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))

    def forward(self, x: Tensor, memory: Tensor, bias: Tensor | None) -> Tensor:
        def heads(states: Tensor) -> Tensor:
            return states.view(1, -1, HEADS, WIDTH // HEADS).transpose(1, 2)

        scores = torch.matmul(heads(self.q(x)), heads(self.k(memory)).transpose(3, 2))
        if bias is not None:
            scores += bias
        p = F.softmax(scores.float(), dim=-1).type_as(scores)
        context = torch.matmul(p, heads(self.v(memory)))
        return self.o(context.transpose(1, 2).contiguous().view(1, -1, WIDTH))


class T5FeedForward(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wi, self.wo = nn.Linear(WIDTH, 48, bias=False), nn.Linear(48, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.wo(F.relu(self.wi(x)))


class T5Block(nn.Module):
    def __init__(self, cross: bool) -> None:
        super().__init__()
        self.norms = nn.ModuleList(RmsNorm() for _ in range(3))
        self.self_attention = T5Attention()
        self.cross_attention = T5Attention() if cross else None
        self.feed_forward = T5FeedForward()

    def forward(self, x: Tensor, bias: Tensor, memory: Tensor | None = None) -> Tensor:
        y = self.norms[0](x)
        x = x + self.self_attention(y, y, bias)
        if memory is not None:
            x = x + self.cross_attention(self.norms[1](x), memory, None)
        return x + self.feed_forward(self.norms[2](x))


class T5(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Embedding(VOCABULARY, WIDTH)
        self.encoder_bias, self.decoder_bias = nn.Embedding(8, HEADS), nn.Embedding(8, HEADS)
        self.encoder = nn.ModuleList(T5Block(False) for _ in range(2))
        self.decoder = nn.ModuleList(T5Block(True) for _ in range(2))
        self.encoder_norm, self.decoder_norm = RmsNorm(), RmsNorm()

    @staticmethod
    def bias(table: nn.Embedding, t: int, causal: bool) -> Tensor:
        distance = torch.arange(t)[None, :] - torch.arange(t)[:, None]
        values = table(distance.clamp(-4, 3) + 4).permute([2, 0, 1]).unsqueeze(0)
        if causal:
            hidden = (distance > 0).float() * torch.finfo(torch.float32).min
            values = values + hidden
        return values

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        x, bias = self.shared(source), self.bias(self.encoder_bias, source.shape[1], False)
        for block in self.encoder:
            x = block(x, bias)
        memory = self.encoder_norm(x)
        x, bias = self.shared(target), self.bias(self.decoder_bias, target.shape[1], True)
        for block in self.decoder:
            x = block(x, bias, memory)
        return F.linear(self.decoder_norm(x) * WIDTH**-0.5, self.shared.weight)


class ViT(nn.Module):
    """For images [3, 16, 16]."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, 4, stride=4)
        self.cls_token = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.pos_embed = nn.Parameter(torch.randn(1, 17, WIDTH) * 0.5)
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 48, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, 2)
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


class Translator(nn.Module):
    """Of nn.Transformer, post-norm."""

    def __init__(self) -> None:
        super().__init__()
        self.transformer = nn.Transformer(WIDTH, HEADS, 2, 2, 32, batch_first=True)
        self.source, self.target = nn.Embedding(30, WIDTH), nn.Embedding(VOCABULARY, WIDTH)
        self.register_buffer("positions", torch.randn(TOKENS, WIDTH) * 0.3)
        self.generator = nn.Linear(WIDTH, VOCABULARY)

    def embed(self, table: nn.Embedding, ids: Tensor) -> Tensor:
        return table(ids) * math.sqrt(WIDTH) + self.positions[: ids.shape[1]]

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        x = self.transformer(
            self.embed(self.source, source), self.embed(self.target, target), tgt_mask=mask
        )
        return F.log_softmax(self.generator(x), -1)


DECODERS = {
    "GPT-2": Gpt2,
    "Llama": Llama,
    "Llama, neighbours": lambda: Llama(interleaved=True),
    "Mistral": lambda: Llama(window=5),
}


def spread_weights(model: nn.Module) -> nn.Module:
    """Weights as uneven as after training, for models that are not trained here."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter += 0.3 * torch.randn_like(parameter)
    return model.eval()
