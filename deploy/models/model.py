"""The Llama architecture in plain PyTorch, as libllama computes it: tied embeddings, RoPE, RMS norms, SwiGLU."""
import dataclasses

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass(frozen=True)
class Shape:
    width: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int = 8192
    context: int = 2048
    rope_theta: float = 10_000.0
    epsilon: float = 1e-5

    @property
    def head(self):
        return self.width // self.heads


SHAPES = {
    # The bundled pair: 12.9 and 1.6 million parameters, made on two CPU cores.
    "target": Shape(384, 6, 6, 3, 1024),
    "draft": Shape(128, 3, 4, 2, 384),
    # For a machine with a GPU: 61 and 2.7 million.
    "large-target": Shape(640, 12, 10, 5, 1792),
    "large-draft": Shape(192, 3, 3, 1, 512),
}
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def half_precision():
    """Products in bfloat16, with weights and sums in float32."""
    return torch.autocast(DEVICE, dtype=torch.bfloat16)


def rotate(x, cos, sin):
    """Rotates the pairs (i, i + head / 2) of (batch, heads, length, head)."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        width, head = shape.width, shape.head
        self.attention_norm = nn.RMSNorm(width, eps=shape.epsilon)
        self.query = nn.Linear(width, shape.heads * head, bias=False)
        self.key = nn.Linear(width, shape.kv_heads * head, bias=False)
        self.value = nn.Linear(width, shape.kv_heads * head, bias=False)
        self.output = nn.Linear(shape.heads * head, width, bias=False)
        self.feed_forward_norm = nn.RMSNorm(width, eps=shape.epsilon)
        self.gate = nn.Linear(width, shape.feed_forward, bias=False)
        self.up = nn.Linear(width, shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, width, bias=False)

    def forward(self, x, cos, sin, mask, memory=None):
        """`mask`: (length, length before and with it), added to scores; `memory`: see Memory."""
        batch, length, _ = x.shape
        y = self.attention_norm(x)
        q = self.query(y).view(batch, length, self.shape.heads, -1).transpose(1, 2)
        k = self.key(y).view(batch, length, self.shape.kv_heads, -1).transpose(1, 2)
        v = self.value(y).view(batch, length, self.shape.kv_heads, -1).transpose(1, 2)
        q, k = rotate(q, cos, sin).to(v.dtype), rotate(k, cos, sin).to(v.dtype)
        if memory is not None:
            k, v = memory.extended(k, v)
        # Written out, this is a fifth faster on a CPU than PyTorch's fused attention at these lengths. The heads that
        # share keys and values stand among the rows.
        group = self.shape.heads // self.shape.kv_heads
        q = q.reshape(batch, self.shape.kv_heads, group * length, -1)
        scores = (q @ k.transpose(-1, -2)).float() * self.shape.head**-0.5 + mask.repeat(group, 1)
        y = (scores.softmax(-1).to(v.dtype) @ v).view(batch, self.shape.heads, length, -1)
        x = x + self.output(y.transpose(1, 2).reshape(batch, length, -1))
        y = self.feed_forward_norm(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Memory:
    """Keys and values of a layer, (batch, heads, most, head) each, of which `length` are there."""

    def __init__(self, shape, batch, most, dtype):
        self.keys = torch.zeros(batch, shape.kv_heads, most, shape.head, dtype=dtype, device=DEVICE)
        self.values = torch.zeros_like(self.keys)
        self.length = 0

    def extended(self, keys, values):
        end = self.length + keys.shape[2]
        self.keys[:, :, self.length : end] = keys
        self.values[:, :, self.length : end] = values
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]


class Llama(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=0.02)
            if name.endswith(("output.weight", "down.weight")):
                nn.init.zeros_(weight)
        steps = torch.arange(shape.context)[:, None]
        angles = steps / shape.rope_theta ** (torch.arange(0, shape.head, 2)[None] / shape.head)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, tokens, memories=None):
        """Logits (batch, length, vocabulary) of tokens (batch, length); `memories`: a Memory for each layer."""
        start = memories[0].length if memories else 0
        length = tokens.shape[1]
        cos, sin = self.cos[start : start + length], self.sin[start : start + length]
        mask = torch.full((length, start + length), float("-inf"), device=tokens.device).triu(start + 1)
        x = self.embedding(tokens)
        for index, layer in enumerate(self.layers):
            x = layer(x, cos, sin, mask, memories[index] if memories else None)
        return F.linear(self.norm(x), self.embedding.weight)

    def count(self):
        return sum(weight.numel() for weight in self.parameters())


def save(model, path):
    torch.save({"shape": dataclasses.asdict(model.shape), "weights": model.state_dict()}, path)


def load(path):
    saved = torch.load(path, weights_only=True, map_location="cpu")
    model = Llama(Shape(**saved["shape"]))
    model.load_state_dict(saved["weights"])
    return model.to(DEVICE)
