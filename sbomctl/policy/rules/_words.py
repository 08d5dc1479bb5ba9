"""Words that several rules use."""

from __future__ import annotations

from sbomctl.policy.evaluate import Decision


def explained(decision: Decision) -> str:
    """Why the line decides so, as the end of a sentence; "" where it does not say."""
    why = decision.line.why if decision.line else ""
    told = [part for part in (decision.remark, why) if part]
    return f": {'; '.join(told)}" if told else ""


def chosen(decision: Decision) -> str:
    """The license, with the version that was elected where it leaves a choice."""
    same = decision.chosen == decision.license
    return decision.license if same else f"{decision.license} (taken as {decision.chosen})"
