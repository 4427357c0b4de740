import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from paralbench.records.errors import ParalbenchError
from paralbench.system.unpickling_guard import unpickling_refused


class Trap:
    """Makes a folder when it is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_a_pickle_that_runs_code_is_refused_within_the_block(tmp_path: Path) -> None:
    content = pickle.dumps(Trap(tmp_path / "ran"))
    with (
        unpickling_refused("while it is tested"),
        pytest.raises(ParalbenchError, match=r"mkdir' was refused while it is tested"),
    ):
        pickle.loads(content)  # noqa: S301
    assert not (tmp_path / "ran").exists()
    pickle.loads(content)  # noqa: S301
    assert (tmp_path / "ran").exists()


def test_it_holds_for_pickles_that_another_library_loads(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    array = io.BytesIO()
    np.save(array, np.array([Trap(tmp_path / "ran")], dtype=object), allow_pickle=True)
    (tmp_path / "table.pkl").write_bytes(pickle.dumps(Trap(tmp_path / "ran")))
    with unpickling_refused("now"):
        with pytest.raises(ParalbenchError, match="refused now"):
            pd.read_pickle(tmp_path / "table.pkl")
        with pytest.raises(ParalbenchError, match="refused now"):
            np.load(io.BytesIO(array.getvalue()), allow_pickle=True)
    assert not (tmp_path / "ran").exists()


def test_plain_containers_load_and_it_ends_with_the_block() -> None:
    with unpickling_refused("outer"), unpickling_refused("inner"):
        assert pickle.loads(pickle.dumps({"a": [1, 2.5]})) == {"a": [1, 2.5]}  # noqa: S301
    assert pickle.loads(pickle.dumps(Path("x"))) == Path("x")  # noqa: S301
