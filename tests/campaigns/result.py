"""What a campaign was asked for, and what came of it."""

import sys
import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a campaign goes on."""

    seed: int
    count: int
    """Steps; what a step is, each campaign says."""
    seconds: float = float("inf")
    """Time after which no further step begins."""

    def step_seed(self, step: int) -> str:
        """What seeds the dice of one step, so that it can be repeated without those before it."""
        return f"{self.seed}:{step}"


@dataclass(slots=True)
class Result:
    """The count, the figures and the findings of one campaign."""

    name: str
    plan: Plan
    unit: str
    """What is counted, such as "utterances"."""
    done: int = 0
    figures: dict[str, float | str] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    took_s: float = 0.0

    def find(self, step: int, what: str) -> None:
        """Something is not as it must be."""
        self.findings.append(f"{self.name} --seed {self.plan.seed}, step {step}: {what}")
        print(self.findings[-1], file=sys.stderr, flush=True)

    def count(self, figure: str, by: float = 1) -> None:
        """Add to a figure that is a number."""
        self.figures[figure] = float(self.figures.get(figure, 0)) + by

    @property
    def goes_on(self) -> bool:
        """Whether the plan wants another step."""
        return self.done < self.plan.count and self._passed < self.plan.seconds

    @property
    def _passed(self) -> float:
        return time.monotonic() - self.began

    def ended(self) -> "Result":
        """The same, with its duration."""
        self.took_s = self._passed
        return self

    @property
    def line(self) -> str:
        """What is compared from release to release."""
        figures = "".join(f", {_short(value)} {name}" for name, value in self.figures.items())
        return (
            f"{self.name}: {self.done} {self.unit}{figures}, {len(self.findings)} findings"
            f" (seed {self.plan.seed}, {self.took_s:.0f} s)"
        )


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
