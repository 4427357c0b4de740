"""``python -m paralbench``."""

import sys

from paralbench.cli.main import main

sys.exit(main())
