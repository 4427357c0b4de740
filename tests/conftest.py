"""Problems as small as those of the tests are faster on one core, and cores may be shared."""

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported
os.environ["PARALBENCH_NO_PROFILE"] = "1"  # tests of the profiler ask for it

settings.register_profile("paralbench", deadline=None)  # a shared machine makes wall clocks lie
settings.load_profile("paralbench")
