"""The steps of a check, as ``openmetadata-ol check`` and the connection form's Test button tell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WARNING = "warning: "


class Step(NamedTuple):
    """One thing that was tried.

    :param passed: a warning passes too
    :param detail: what was found; of a failure, with the remedy; a warning begins with :data:`WARNING`
    """

    name: str
    passed: bool
    detail: str

    @property
    def warns(self) -> bool:
        """Whether it passed, but something is to be said."""
        return self.passed and self.detail.startswith(WARNING)


def summary(steps: Sequence[Step]) -> tuple[bool, str]:
    """Return whether all steps passed, and in one line what is wrong, or that nothing is."""
    failed = [step for step in steps if not step.passed]
    if failed:
        others = ", ".join(step.name for step in failed[1:])
        first = f"{failed[0].name}: {failed[0].detail}"
        return False, first if not others else f"{first}; failed as well: {others}"
    warnings = "".join(f"; {step.name}: {step.detail}" for step in steps if step.warns)
    return True, f"{steps[0].detail}, {len(steps)} steps passed{warnings}" if steps else "nothing to check"
