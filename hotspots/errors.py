"""What can go wrong. Every message is one sentence: what must hold, what was given, what to do."""


class HotspotsError(Exception):
    """Base of all errors that a user can cause and mend; shown without a traceback."""

    exit_code = 1


class DataError(HotspotsError):
    """A file or its content is not what was asked for."""


class ResultError(HotspotsError):
    """The data hold nothing that answers the question asked (no such period, no incidents)."""


class WorkspaceError(HotspotsError):
    """The workspace or its store is missing, incomplete or of another version."""


class UsageError(HotspotsError):
    """A name, option or parameter that does not exist or is out of range."""

    exit_code = 2
