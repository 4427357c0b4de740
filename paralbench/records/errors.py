"""What can go wrong, in the three ways a caller has to tell apart."""


class ParalbenchError(Exception):
    """The work could not be done. The message is one or two sentences a user can act on."""

    exit_code = 3


class UsageError(ParalbenchError):
    """The command itself was wrong: an unknown name, a missing option."""

    exit_code = 2


class CardError(ParalbenchError):
    """A card or result file that does not say what such a file must say."""


class LeakError(ParalbenchError):
    """Folds in which a speaker, session or text stands on two sides."""


class Refused(ParalbenchError):  # noqa: N818 - a verdict on one input, not a failure of the run
    """One input that cannot be used. It is named and counted, and the others go on."""


class BundleError(ParalbenchError):
    """A bundle that is damaged, changed, of another version, or holds what no bundle may hold."""
