"""The exit codes of ``openmetadata-ol``."""

from __future__ import annotations

#: Everything was done.
DONE = 0
#: Part of it failed.
FAILED = 1
#: The command was used wrongly: an argument, a file or a setting.
WRONG_USE = 2
#: The command was stopped with Ctrl-C.
INTERRUPTED = 130
