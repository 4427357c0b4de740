"""High-rank factorisation (HRF): a linear layer that trains as a product of layers and folds into one.

Reimplementation from the published description (arXiv 2411.09339): a linear layer is put before a
linear layer of the feed-forward network while training, and both are merged into one for use. Folding
is exact because nothing but a bias stands between the factors. What is not known is a setting.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from paralbench.records.card import Card


class Factoring(Card):
    """How a linear layer is factorised.

    Attributes:
        factors: of the product; 1 is a plain linear layer.
        rank: width between the factors, over the layer's own width on side ``of``.
        inner_bias: factors before the last have a bias of their own.
        linears: which of a feed-forward network's two linear layers.
    """

    factors: Literal[1, 2, 3] = 2
    rank: Literal[2, 4, 8] = 4
    of: Literal["output", "input"] = "output"
    inner_bias: bool = True
    linears: Literal["first", "second", "both"] = "first"

    def applies(self, linear: Literal["first", "second"]) -> bool:
        """Whether this one of the two is factorised."""
        return self.linears in ("both", linear)


class Factorised(nn.Module):
    """[..., inputs] to [..., outputs] through ``factors`` linear layers, ``rank`` wide between.

    The product begins with the mean (0) and the variance (1 / (3 * inputs)) of a plain layer's
    weights: factors before the last keep the size of what they pass on, the last is drawn as
    ``nn.Linear`` draws. Inner biases begin at 0, the outer one as a plain layer's.
    """

    def __init__(
        self, inputs: int, outputs: int, factors: int, rank: int, inner_bias: bool = True
    ) -> None:
        super().__init__()
        widths = [inputs, *[rank] * (factors - 1)]
        self.inner = nn.ModuleList(
            nn.Linear(before, after, bias=inner_bias) for before, after in pairwise(widths)
        )
        self.outer = nn.Linear(widths[-1], outputs)
        for factor in self.inner.parameters():
            if factor.dim() == 2:
                bound = math.sqrt(3 / factor.shape[1])
                nn.init.uniform_(factor, -bound, bound)
            else:
                nn.init.zeros_(factor)
        nn.init.uniform_(self.outer.bias, -1 / math.sqrt(inputs), 1 / math.sqrt(inputs))

    def forward(self, values: Tensor) -> Tensor:
        """Factor by factor: gradients reach each of them."""
        for factor in self.inner:
            values = factor(values)
        answer: Tensor = self.outer(values)
        return answer

    def fold(self) -> nn.Linear:
        """The one linear layer that says the same; multiplied in float64, then rounded once."""
        weight, bias = self.outer.weight.detach().double(), self.outer.bias.detach().double()
        for factor in reversed([*self.inner.children()]):
            assert isinstance(factor, nn.Linear)
            if factor.bias is not None:
                bias = bias + weight @ factor.bias.detach().double()
            weight = weight @ factor.weight.detach().double()
        kind = self.outer.weight.dtype
        plain = nn.Linear(weight.shape[1], weight.shape[0], device="meta")  # draws no random number
        plain.weight, plain.bias = nn.Parameter(weight.to(kind)), nn.Parameter(bias.to(kind))
        return plain


def linear(inputs: int, outputs: int, factoring: Factoring | None = None) -> nn.Module:
    """A linear layer: plain, or factorised as ``factoring`` says."""
    if factoring is None or factoring.factors == 1:
        return nn.Linear(inputs, outputs)
    rank = factoring.rank * (outputs if factoring.of == "output" else inputs)
    return Factorised(inputs, outputs, factoring.factors, rank, factoring.inner_bias)
