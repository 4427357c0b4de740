import sys

import pytest

from paralbench.system.memory_cap import memory_capped

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is a cap on Linux only")


def test_an_allocation_beyond_the_cap_is_refused_and_the_cap_ends_with_the_block() -> None:
    with memory_capped(100 * 2**20):
        assert len(bytearray(10 * 2**20)) == 10 * 2**20
        with pytest.raises(MemoryError):
            bytearray(2**30)
    assert len(bytearray(2**30)) == 2**30


def test_it_holds_for_arrow() -> None:
    pa = pytest.importorskip("pyarrow")
    with memory_capped(100 * 2**20), pytest.raises(MemoryError):
        pa.allocate_buffer(2**30)
