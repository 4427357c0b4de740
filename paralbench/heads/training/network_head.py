"""A head that is a network: all its fits, side by side on the machine's cores, resumable.

Every fit runs in one thread, so its numbers do not depend on how many cores there are, nor on whether
it ran in this process or beside others. The first fit is made here; if many more of its length are to
come, processes of their own make them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch

from paralbench.audio.cutting import Cutting
from paralbench.features.spec import FeatureSpec
from paralbench.heads import layer_choice
from paralbench.heads.deployable import HeadForms, Layout, State, foreign_state
from paralbench.heads.head import (
    Control,
    Fits,
    FrameStream,
    Problem,
    Split,
    Stream,
    Workplace,
)
from paralbench.heads.training import finished
from paralbench.heads.training.deployment import CENTRE, SPREAD, NetworkForm, untrained
from paralbench.heads.training.job import About, Done, Job, Plain
from paralbench.heads.training.network import Build, folded
from paralbench.heads.training.recipe import Recipe
from paralbench.heads.training.sharing import OnDisk, reopen, share
from paralbench.records.result import Forms
from paralbench.system.processes import worker_pool
from paralbench.system.progress import Progress
from paralbench.system.scratch_folder import scratch_folder

_WORTH_PROCESSES = 12.0
"""Seconds of work left from which starting processes (some 4 s each) pays."""


@dataclass(frozen=True)
class NetworkHead:
    """A head made of a network.

    Args:
        name: the head's.
        build: makes the network for a shape and settings.
        settings: its recipe's class.
        targets: kinds of target it learns.
        streams: how many encoders it reads.
        deterministic: whether a seed changes nothing; networks start from random weights.
        plain: settings to those of the matched control that is trained beside it, if any.
    """

    name: str
    build: Build
    settings: type[Recipe]
    targets: frozenset[str] = frozenset({"class", "distribution", "number", "series"})
    streams: Literal["one", "many"] = "one"
    plain: Plain | None = None
    deterministic: bool = False

    def spec(self, settings: Any) -> FeatureSpec:
        """As the recipe says: frames, unless its class says otherwise."""
        spec: FeatureSpec = settings.spec()
        return spec

    def cutting(self, settings: Any) -> Cutting | None:
        """As the recipe says."""
        policy: Cutting = settings.cutting
        return None if policy.how == "as-given" else policy

    def layers(self, settings: Any, count: int) -> tuple[int, ...]:
        """As the recipe says; of frames, a layer asked for alone is the only one stored."""
        alone = self.spec(settings).kind == "frames"
        return layer_choice.chosen(settings.layers, count, stored_alone=alone)

    def deployable(self, state: State, settings: Any, layout: Layout) -> NetworkForm:
        """See :class:`Head`: the folded network, filled with the weights of ``state``."""
        network = folded(untrained(self.build, settings, layout))
        weights = {
            name: torch.from_numpy(np.array(values))
            for name, values in state.items()
            if name not in (CENTRE, SPREAD)
        }
        expected = network.state_dict()
        shapes = [
            {name: values.shape for name, values in tensors.items()}
            for tensors in (weights, expected)
        ]
        if shapes[0] != shapes[1] or not (layout.classes or {CENTRE, SPREAD} <= state.keys()):
            raise foreign_state(self.name)
        network.load_state_dict({name: v.to(expected[name].dtype) for name, v in weights.items()})
        scale = None if layout.classes else (float(state[CENTRE][0]), float(state[SPREAD][0]))
        return NetworkForm(network, settings.layers, layout, scale)

    def forms(self, settings: Any, layout: Layout) -> HeadForms:
        """See :class:`Head`: the network as it is built, and folded where something folds."""
        network = untrained(self.build, settings, layout)
        scale = None if layout.classes else (0.0, 1.0)
        trained = NetworkForm(network, settings.layers, layout, scale)
        deployed = NetworkForm(folded(network), settings.layers, layout, scale)
        same = deployed.parameters == trained.parameters
        return HeadForms(trained, trained if same else deployed)

    def stores_rows(self, settings: Any) -> bool:
        """See :class:`Head`: no."""
        return False

    def memory(self, settings: Any, layout: Layout, rows: int) -> int | None:
        """See :class:`Head`: frames are read from the disk, and most memory is torch's; not known."""
        return None

    def without_control(self) -> NetworkHead:
        """See :class:`Head`."""
        return replace(self, plain=None)

    def preset(self, name: str, control: Control | None) -> NetworkHead:
        """See :class:`Head`."""
        return replace(self, name=name, plain=control)

    def fit(
        self,
        streams: Sequence[Stream],
        problem: Problem,
        splits: Sequence[Split],
        settings: Any,
        work: Workplace | None = None,
    ) -> Fits:
        """Fit on every split. Raises as :class:`Fitting` and :class:`Sequences` do."""
        work = work or Workplace()
        about = About(self.build, self.plain, problem, settings, work.device)
        done: list[Done] = []
        with Progress(f"fitting {self.name}", len(splits), "fits", work.quiet) as progress:
            for outcome in _all(about, streams, splits, work):
                done.append(outcome)
                progress.step()
        return _fits(done)


def _all(
    about: About, streams: Sequence[Stream], splits: Sequence[Split], work: Workplace
) -> Iterator[Done]:
    """Each split's outcome in order: as kept by an earlier run, or made."""
    job = Job(about, streams)
    have = {place: finished.load(work.folder, split) for place, split in enumerate(splits)}
    left = [place for place, done in have.items() if done is None]
    seconds = 0.0
    if left:
        began = time.monotonic()
        have[left[0]] = _one(job, splits[left[0]], work, left[0] == 0)
        seconds = time.monotonic() - began
        left = left[1:]
    workers = min(work.workers or os.cpu_count() or 1, len(left))
    if work.device != "cpu" or workers < 2 or seconds * len(left) < _WORTH_PROCESSES:
        for place, split in enumerate(splits):
            yield have[place] or _one(job, split, work, place == 0)
        return
    with (
        scratch_folder(None if work.folder is None else work.folder.parent) as folder,
        worker_pool(workers, _start, (about, share(streams, folder), work)) as pool,
    ):
        try:
            made = {place: pool.submit(_in_process, splits[place], place == 0) for place in left}
            for place in range(len(splits)):
                yield have[place] or made[place].result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _one(job: Job, split: Split, work: Workplace, measure: bool) -> Done:
    with _one_thread():
        done = job.run(split, measure)
    finished.save(work.folder, split, done)
    return done


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread, deterministic, and the caller's random numbers left as they were."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            yield
    finally:
        torch.set_num_threads(before)


_HERE: list[tuple[Job, Workplace]] = []
"""In a process made for it: the job that it was started with."""


def _start(about: About, shared: Sequence[FrameStream | OnDisk], work: Workplace) -> None:
    _HERE[:] = [(Job(about, reopen(shared)), work)]


def _in_process(split: Split, measure: bool) -> Done:
    ((job, work),) = _HERE
    return _one(job, split, work, measure)


def _fits(done: Sequence[Done]) -> Fits:
    controls = [each.control for each in done if each.control is not None]
    measured = {form.name: form for each in done for form in each.forms}
    forms = None
    if measured and (
        "control" in measured or measured["trained"].parameters != measured["deployed"].parameters
    ):
        forms = Forms(
            example=next(each.example for each in done if each.forms),
            trained=measured["trained"],
            deployed=measured["deployed"],
            control=measured.get("control"),
            difference=max(each.difference for each in done),
            changed=sum(each.changed for each in done),
        )
    return Fits(
        fitted=[each.fitted for each in done],
        trained_parameters=done[0].trained_parameters,
        tried=[record for each in done for record in each.tried],
        control=controls,
        forms=forms,
        compressed={form: [each.compressed[form] for each in done] for form in done[0].compressed},
        weights=next((each.weights for each in done if each.weights), {}),
    )
