"""Five folds of an MLP in one training step, by torch.func or as one batch, against fold after fold."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap

FOLDS, LAYERS, WIDTH, HIDDEN, CLASSES, BATCH = 5, 5, 768, 128, 3, 28
RATE, DROPOUT, STEPS = 3e-4, 0.5, 60


class Mlp(nn.Module):
    """As the head's, on one pooled vector a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Parameter(torch.zeros(LAYERS))
        self.first, self.last = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, CLASSES)

    def forward(self, values: Tensor) -> Tensor:
        """[layers, batch, width] to [batch, classes]."""
        mixed = (self.layers.softmax(0) @ values.flatten(1)).view(values.shape[1:])
        hidden = nn.functional.dropout(torch.relu(self.first(mixed)), DROPOUT, self.training)
        outputs: Tensor = self.last(hidden)
        return outputs


def run() -> list[tuple[str, str]]:
    """Processor time of a step of all folds: forwards, backwards, clipped, Adam."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    values = torch.randn(FOLDS, LAYERS, BATCH, WIDTH)
    classes = torch.randint(CLASSES, (FOLDS, BATCH))
    networks = [Mlp() for _ in range(FOLDS)]
    steps = {
        "fold after fold": _alone(networks, values, classes),
        "as one batch": _batched(values, classes),
        "by torch.func.vmap": _mapped(networks, values, classes),
    }
    spent: dict[str, list[float]] = {name: [] for name in steps}
    try:
        for number in range(STEPS + 5):
            for name, step in steps.items():
                began = time.process_time()
                step()
                if number >= 5:  # the first ones warm caches up
                    spent[name].append(time.process_time() - began)
    finally:
        torch.set_num_threads(before)
    return [(name, f"{1e3 * median(times):.1f} ms a step") for name, times in spent.items()]


def _alone(networks: list[Mlp], values: Tensor, classes: Tensor) -> Callable[[], None]:
    descents = [torch.optim.Adam(network.parameters(), lr=RATE, fused=True) for network in networks]

    def step() -> None:
        for network, descent, rows, truth in zip(networks, descents, values, classes, strict=True):
            descent.zero_grad()
            nn.functional.cross_entropy(network(rows), truth).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            descent.step()

    return step


def _batched(values: Tensor, classes: Tensor) -> Callable[[], None]:
    shapes = [
        (FOLDS, 1, LAYERS), (FOLDS, WIDTH, HIDDEN), (FOLDS, 1, HIDDEN),
        (FOLDS, HIDDEN, CLASSES), (FOLDS, 1, CLASSES),
    ]  # fmt: skip
    weights = [nn.Parameter(0.03 * torch.randn(shape)) for shape in shapes]
    layers, first, first_bias, last, last_bias = weights
    descent = torch.optim.Adam(weights, lr=RATE, fused=True)

    def step() -> None:
        descent.zero_grad()
        mixed = (layers.softmax(2) @ values.flatten(2)).view(FOLDS, BATCH, WIDTH)
        hidden = nn.functional.dropout(torch.baddbmm(first_bias, mixed, first).relu(), DROPOUT)
        outputs = torch.baddbmm(last_bias, hidden, last).flatten(0, 1)
        loss = nn.functional.cross_entropy(outputs, classes.flatten(), reduction="sum") / BATCH
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        _clip(gradients)
        descent.step()

    return step


def _mapped(networks: list[Mlp], values: Tensor, classes: Tensor) -> Callable[[], None]:
    stacked, _ = stack_module_state(networks)
    weights = {name: nn.Parameter(each.detach()) for name, each in stacked.items()}
    descent = torch.optim.Adam(weights.values(), lr=RATE, fused=True)

    def loss(of_fold: dict[str, Tensor], rows: Tensor, truth: Tensor) -> Tensor:
        return nn.functional.cross_entropy(functional_call(networks[0], of_fold, (rows,)), truth)

    gradients = vmap(grad(loss), randomness="different")

    def step() -> None:
        computed = gradients(
            {name: each.detach() for name, each in weights.items()}, values, classes
        )
        _clip(list(computed.values()))
        for name, gradient in computed.items():
            weights[name].grad = gradient
        descent.step()

    return step


def _clip(gradients: list[Tensor]) -> None:
    """Each fold's gradient to a norm of at most 1."""
    norm = torch.stack([each.flatten(1).square().sum(1) for each in gradients]).sum(0).sqrt()
    share = (1 / (norm + 1e-6)).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(share.view(-1, *[1] * (gradient.dim() - 1)))
