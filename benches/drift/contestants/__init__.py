"""Who is scored. A contestant reads a stream and says, for every hour, which alarms it raises: one method may give several lines."""

from dataclasses import dataclass, field


@dataclass
class Answer:
    """`alarms[line][hour]` lists what alarmed in that hour (column names, or kind:feature); hours that are not there were quiet.

    `errors` counts hours that gave no result because the contestant failed on them; they count as quiet.
    """

    alarms: dict[str, dict[int, list[str]]]
    errors: int = 0
    notes: list[str] = field(default_factory=list)
