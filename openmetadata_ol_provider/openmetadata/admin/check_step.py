"""The steps of a check, shown by ``openmetadata-ol check`` and the Test button of the connection form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from openmetadata_ol_provider.openlineage.listing import counted


class Step(NamedTuple):
    """One step of a check.

    :param name: what was checked
    :param passed: ``True`` if it passed, also with a warning
    :param detail: what was seen; for a failure, with the remedy
    """

    name: str
    passed: bool
    detail: str

    @property
    def is_warning(self) -> bool:
        """Whether it passed with a warning."""
        return False


class WarningStep(Step):
    """A step that passed, but with something to mend."""

    __slots__ = ()

    @property
    def is_warning(self) -> bool:
        """Whether it passed with a warning."""
        return True


def warning(name: str, detail: str) -> Step:
    """Return a step that passed with a warning.

    :param name: what was checked
    :param detail: what was seen and the remedy
    """
    return WarningStep(name, True, f"warning: {detail}")


def summary(steps: Sequence[Step]) -> tuple[bool, str]:
    """Return whether all steps passed, and one line with the failures or the warnings."""
    failed = [step for step in steps if not step.passed]
    if failed:
        first = f"{failed[0].name}: {failed[0].detail}"
        others = ", ".join(step.name for step in failed[1:])
        return False, f"{first}; also failed: {others}" if others else first
    warnings = "".join(f"; {step.name}: {step.detail}" for step in steps if step.is_warning)
    return True, f"{steps[0].detail}, {counted(len(steps), 'step')} passed{warnings}" if steps else "nothing to check"
