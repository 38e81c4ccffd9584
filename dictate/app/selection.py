"""What is selected in a window."""

from dataclasses import dataclass

from dictate.outputs import FieldText, Focus, Output


@dataclass(frozen=True, slots=True)
class Selection:
    """What was selected, and where."""

    field: FieldText
    output: Output
    focus: Focus
    read_at: float
    """Monotonic seconds."""

    @property
    def text(self) -> str:
        """What is to be changed."""
        return self.field.selected
