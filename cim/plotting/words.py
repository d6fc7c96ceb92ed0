"""What pictures of answers say, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..results import Solution

__all__ = ["broken_at_commas", "count", "plain_answer", "plural", "refuse"]


def plain_answer(answer: Any) -> Any:
    """The answer, taken out of a Solution if it is in one."""
    if not isinstance(answer, Solution):
        return answer
    if answer.answer is None:
        raise ValueError("answer: the solution is that of a bare model and holds no answer; solve the problem itself")
    return answer.answer


def refuse(problem: Any, kinds: tuple[type, ...]) -> None:
    """A ``ValueError`` that says which problems are drawn here, if this is none of them."""
    if not isinstance(problem, kinds):
        names = [kind.__name__ for kind in kinds]
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
        raise ValueError(f"problem: {listed} is needed, not {type(problem).__name__}")


def plural(number: int, noun: str) -> str:
    """The number and its noun: "1 node", "2 nodes", "3 cities"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("ty") else f"{number:,} {noun}s"


def count(mask: np.ndarray, noun: str) -> str:
    """How many of a mask are true, with their noun."""
    return plural(int(np.count_nonzero(mask)), noun)


def broken_at_commas(text: str, width: int) -> str:
    """A text in lines of so many letters where its commas allow it."""
    lines = [""]
    for part in text.split(", "):
        if lines[-1] and len(lines[-1]) + 2 + len(part) > width:
            lines.append(part)
        else:
            lines[-1] += f", {part}" if lines[-1] else part
    return ",\n".join(lines)
