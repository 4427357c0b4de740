"""Exceptions, with the exit codes that callers distinguish."""


class ParalbenchError(Exception):
    """Failed work, with one or two sentences that a user can act on."""

    exit_code = 3


class UsageError(ParalbenchError):
    """A wrong command: an unknown name, a missing option."""

    exit_code = 2


class CardError(ParalbenchError):
    """An invalid card or result file."""


class LeakError(ParalbenchError):
    """Folds that share a speaker, session or text."""


class Refused(ParalbenchError):  # noqa: N818 - a verdict on one input, not a failure of the run
    """An unusable input. It is listed and counted, and the others go on."""


class BundleError(ParalbenchError):
    """A bundle that is damaged, changed, of another version, or has forbidden content."""
