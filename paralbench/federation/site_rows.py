"""A site's rows, and the sums over them that it answers a coordinator with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paralbench.federation.dealing import Dealing
from paralbench.federation.messages import CENTRE, COUNTS, MEAN, SCALE, SIZES, TABLE, Array, Message
from paralbench.records.errors import ParalbenchError

NO_NUMBERS = "it sums for a federated head, which no result is keyed by"

_LAYERED = re.compile(r"(gradient|loss)/(\d{1,4})/maps")


@dataclass
class SiteRows:
    """What one site holds, and what it says of it.

    Args:
        place: the site's number in the order of all sites.
        features: [rows, layers, columns], never sent.
        targets: [rows], class indices or numbers.
        classes: how many; 0 for numbers.
        bunch: [rows], of each row; no sum that is sent is of less than one bunch.
        settings: of the convex head.
        averaged: how many of the encoder's layers each layer of the features is the mean of.
    """

    place: int
    features: NDArray[np.floating]
    targets: Array
    classes: int
    bunch: NDArray[np.int64]
    settings: Any
    averaged: int = 1
    _standardised: dict[int, tuple[Array, Array, Array]] = field(default_factory=dict, repr=False)
    _dealt: tuple[Array, Dealing] | None = field(default=None, repr=False)

    def answer(self, request: Message) -> dict[str, Array]:
        """The sums that a request asks for.

        Raises:
            ParalbenchError: for a request that does not fit what this site sent before.
        """
        if COUNTS in request:
            return self._counts()
        try:
            return self._sums(request)
        except (KeyError, IndexError, ValueError) as error:
            raise ParalbenchError(
                "the request asks for arrays of other shapes or names than this site's rows have; "
                "coordinator and site need the same study and the same version of paralbench."
            ) from error

    def table(self) -> Array:
        """How many rows each bunch has of each class, [bunches, classes]."""
        counts = np.zeros((int(self.bunch.max()) + 1, max(1, self.classes)))
        kinds = self.targets.astype(np.int64) if self.classes else np.zeros(len(self.bunch), int)
        np.add.at(counts, (self.bunch, kinds), 1)
        return counts

    def parts(self, request: Message) -> NDArray[np.int64]:
        """The inner fold of each row, by the table of a request."""
        dealing = self._dealing(request)
        start = int(request[SIZES][: self.place].sum())
        return dealing.part[start + self.bunch]

    def _counts(self) -> dict[str, Array]:
        sums = np.stack([
            self.features[:, layer].sum(0, dtype=np.float64)
            for layer in range(self.features.shape[1])
        ])  # fmt: skip
        answer = {TABLE: self.table(), "sums": sums, "averaged": np.array([float(self.averaged)])}
        if not self.classes:
            answer["targets"] = np.array([self.targets.sum()])
        return answer

    def _sums(self, request: Message) -> dict[str, Array]:
        answer: dict[str, Array] = {}
        for name in request:
            layered = _LAYERED.fullmatch(name)
            if layered:
                layer = int(layered[2])
                make = self._gradient if layered[1] == "gradient" else self._loss
                answer |= make(request, layer)
        if "products" in request:
            answer |= self._products(request)
        if "moments" in request:
            answer |= self._moments(request)
        if "mixture/maps" in request:
            answer |= self._mixture(request)
        if "values/maps" in request:
            answer["values"] = self._values(request)
        return answer

    def _products(self, request: Message) -> dict[str, Array]:
        """Products of the columns about the common mean, a matrix a layer."""
        answer = {}
        for layer, mean in enumerate(request[MEAN]):
            rows = self.features[:, layer] - mean
            answer[f"products/{layer}"] = rows.T @ rows
        return answer

    def _moments(self, request: Message) -> dict[str, Array]:
        """Products of 1, the target and the columns about their means, of each inner fold."""
        parts, targets = self.parts(request), self.targets - request[CENTRE][0]
        answer = {}
        for layer, mean in enumerate(request[MEAN]):
            rows = np.column_stack([np.ones(len(targets)), targets, self.features[:, layer] - mean])
            answer[f"moments/{layer}"] = np.stack([
                rows[parts == part].T @ rows[parts == part]
                for part in range(self._folds(request))
            ])  # fmt: skip
        return answer

    def _gradient(self, request: Message, layer: int) -> dict[str, Array]:
        """Loss and gradient of several members; member 0 is all rows, member n without part n - 1."""
        maps = request[f"gradient/{layer}/maps"]
        members = request[f"gradient/{layer}/members"].astype(np.int64)
        rows, kinds = self._rows(request, layer), self.targets.astype(np.int64)
        weights = self._dealing(request).weight[kinds]
        away = (members[:, None] > 0) & (self.parts(request) == members[:, None] - 1)
        weights = np.where(away, 0.0, weights)  # [members, rows]
        count, columns, classes = len(maps), rows.shape[1], maps.shape[2]
        joined = maps[:, :-1].transpose(1, 0, 2).reshape(columns, -1)
        logits = (rows @ joined).reshape(-1, count, classes).transpose(1, 0, 2) + maps[:, -1:]
        value, residual = _log_loss(logits, kinds, weights)
        gradient = np.empty_like(maps)
        joined = residual.transpose(1, 0, 2).reshape(len(rows), -1)
        gradient[:, :-1] = (rows.T @ joined).reshape(columns, count, classes).transpose(1, 0, 2)
        gradient[:, -1] = residual.sum(1)
        return {f"gradient/{layer}/value": value, f"gradient/{layer}/gradient": gradient}

    def _loss(self, request: Message, layer: int) -> dict[str, Array]:
        """Loss of each inner fold's rows by the map that was fitted without them."""
        maps, rows = request[f"loss/{layer}/maps"], self._rows(request, layer)
        parts, kinds = self.parts(request), self.targets.astype(np.int64)
        weights = self._scored_weights(request)
        losses = np.zeros(len(maps))
        for part, map_ in enumerate(maps):
            held = parts == part
            logits = rows[held] @ map_[:-1] + map_[-1]
            losses[part] = _log_loss(logits[None], kinds[held], weights[None, held])[0][0]
        return {f"loss/{layer}/loss": losses}

    def _mixture(self, request: Message) -> dict[str, Array]:
        """Loss of the layers' added outputs and its gradient by the layers' factors."""
        maps, factors = request["mixture/maps"], request["mixture/factors"]
        logits = self.held_out(request, maps)
        weights, kinds = self._scored_weights(request), self.targets.astype(np.int64)
        loss, residual = _log_loss(
            np.tensordot(factors, logits, 1)[None], kinds, weights[None]
        )  # fmt: skip
        return {
            "mixture/loss": loss,
            "mixture/gradient": np.tensordot(logits, residual[0], 2),
        }

    def _values(self, request: Message) -> Array:
        """Products of 1, the target and the layers' values of rows held out, of each inner fold."""
        parts, targets = self.parts(request), self.targets - request[CENTRE][0]
        values = self.held_out(request, request["values/maps"])[..., 0]
        rows = np.column_stack([np.ones(len(targets)), targets, *values])
        return np.stack(
            [rows[parts == part].T @ rows[parts == part] for part in range(self._folds(request))]
        )

    def held_out(self, request: Message, maps: Array) -> Array:
        """Outputs [layers, rows, outputs] of each row by the map fitted without its inner fold.

        ``maps`` are [layers, parts, columns + 1, outputs] of standardised columns.
        """
        parts = self.parts(request)
        outputs = np.zeros((len(maps), len(parts), maps.shape[3]))
        for layer in range(len(maps)):
            rows = self._rows(request, layer)
            for part in range(maps.shape[1]):
                held = parts == part
                outputs[layer, held] = rows[held] @ maps[layer, part, :-1] + maps[layer, part, -1]
        return outputs

    def _scored_weights(self, request: Message) -> Array:
        dealing, kinds = self._dealing(request), self.targets.astype(np.int64)
        return np.where(dealing.scored, dealing.weight, 0.0)[kinds]

    def _rows(self, request: Message, layer: int) -> Array:
        """The standardised rows of a layer; made once for the same mean and scale."""
        mean, scale = request[MEAN][layer], request[SCALE][layer]
        known = self._standardised.get(layer)
        if known is None or not (
            np.array_equal(known[0], mean) and np.array_equal(known[1], scale)
        ):
            rows: Array = (self.features[:, layer] - mean) * scale
            known = self._standardised[layer] = (mean, scale, rows)
        return known[2]

    def _folds(self, request: Message) -> int:
        return self._dealing(request).side.folds.count

    def _dealing(self, request: Message) -> Dealing:
        table, sizes = request[TABLE], request[SIZES].astype(np.int64)
        if self._dealt is None or not np.array_equal(self._dealt[0], table):
            start = int(sizes[: self.place].sum())
            ours = table[start : start + int(sizes[self.place])]
            if not np.array_equal(ours, self.table()):
                raise ParalbenchError(
                    "the request's table of counts is not what this site sent; its data have changed "
                    "since, or the request is of another study."
                )
            self._dealt = (table, Dealing.of(table, self.classes, self.settings))
        return self._dealt[1]


def _log_loss(logits: Array, kinds: NDArray[np.int64], weights: Array) -> tuple[Array, Array]:
    """Weighted loss [members] and its gradient by the logits [members, rows, classes]."""
    logits = logits - logits.max(2, keepdims=True)
    rows = np.arange(len(kinds))
    correct = logits[:, rows, kinds]
    residual = np.exp(logits)
    normaliser = residual.sum(2, keepdims=True)
    value = (weights * (np.log(normaliser[..., 0]) - correct)).sum(1)
    residual /= normaliser
    residual[:, rows, kinds] -= 1
    residual *= weights[..., None]
    return value, residual
