"""The Python of ``docs/photons.md`` runs as it stands, and says what the page says."""

import re
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import pytest
from matplotlib import pyplot

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "photons.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_blocks_run_and_say_what_is_so(run_blocks: Any) -> None:
    _, values = run_blocks(BLOCKS)
    pyplot.close("all")
    assert values["float(np.std(y - J @ x) / np.mean(J @ x))"] == pytest.approx(1 / 20, rel=0.1)
    assert (values["study['needed']"] > 0.1).all()
