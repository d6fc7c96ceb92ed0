"""The Python of ``docs/photons.md`` runs as it stands, and says what the page says."""

import re
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot

import cim

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "photons.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_means_are_over_terms_and_say_so() -> None:
    """Jx is the product; what is averaged in the formulas are single terms, J_ij x_j."""
    for text in (PAGE, cim.photons.__doc__ or ""):
        assert not re.search(r"J ?x *(\)\^2|\|)|lvert *J ?x", text)
        assert text.count(r"n\,\langle (J_{ij} x_j)^2\rangle") + text.count(r"n\, \langle (J_{ij} x_j)^2\rangle") == 1


def test_the_variance_of_homodyne_readings_is_that_of_the_page() -> None:
    rng = np.random.default_rng(0)
    J, x, q = rng.standard_normal((4000, 25)), rng.standard_normal(25), 0.5
    found = np.mean((cim.photon_product(J, x, q, seed=1, readout="homodyne") - J @ x) ** 2)
    assert found == pytest.approx(25 * np.mean((J * x) ** 2) / (4 * q), rel=0.1)
    assert found != pytest.approx(25 * np.mean((J @ x) ** 2) / (4 * q), rel=0.9)  # the twin: 25 times as much


def test_the_blocks_run_and_say_what_is_so(run_blocks: Any) -> None:
    _, values = run_blocks(BLOCKS)
    pyplot.close("all")
    assert values["float(np.std(y - J @ x) / np.mean(J @ x))"] == pytest.approx(1 / 20, rel=0.1)
    assert (values["study['needed']"] > 0.1).all()
