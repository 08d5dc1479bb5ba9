"""What a rule is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.context import Check


class NoParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For rules that nothing can be said about but their severity."""


class Rule(Protocol):
    """One thing a check looks at. It is pure, sees nothing but the check, and passes nothing that it cannot see.

    The fields of ``parameters`` are what a policy may write beside ``severity``; their types
    and descriptions become part of the published schema.
    """

    name: ClassVar[str]
    about: ClassVar[str]  # one line
    how_to_fix: ClassVar[str]  # what a person does about it, in general
    severity: ClassVar[str]  # note | warning | error | off, where the policy does not say
    parameters: ClassVar[type[msgspec.Struct]]

    def check(self, check: Check, parameters: Any) -> Iterator[Violation]:  # noqa: ANN401 - a struct of the rule's own
        """What the rule finds, in any order; each of ``parameters`` has its default or what the policy says."""
        ...
