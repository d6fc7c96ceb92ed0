"""Ctrl-C in the midst of basins and of recall curves: what was done by then is returned, as a run to the end has it."""

from typing import Any

import numpy as np
import pytest

import ising_problems as ip
from cim.cavity import AssociativeMemory, _basin_sizes, _recall_curve, basin_sizes, recall_curve


class _Interrupted:
    """Stands for a function whose call number ``at`` meets Ctrl-C."""

    def __init__(self, function: Any, at: int) -> None:
        self.function, self.left = function, at

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return self.function(*arguments, **options)


def test_basins_keep_the_distances_that_were_done(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ip.sherrington_kirkpatrick(40, seed=3)
    whole = basin_sizes(model, trials=20, max_states=6, threads=1)
    assert whole.attrs["status"] == "completed" and np.isfinite(whole["basin_size"]).all()
    monkeypatch.setattr(_basin_sizes, "_led_back", _Interrupted(_basin_sizes._led_back, 4))
    found = basin_sizes(model, trials=20, max_states=6, threads=1)
    assert found.attrs["status"] == "interrupted" and found.sizes["distance"] == 4
    done = whole["recovered"][:, :4]
    np.testing.assert_array_equal(found["recovered"], done)
    for name, row in (("basin_size", done), ("basin_low", None)):
        known = np.isfinite(found[name].values)
        np.testing.assert_array_equal(found[name].values[known], whole[name].values[known])
        if row is not None:
            np.testing.assert_array_equal(known, (row < 0.95).any("distance"))
    assert np.isnan(found["basin_high"]).any()


def test_recall_curves_keep_the_points_that_were_done(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = AssociativeMemory.hebbian(np.random.default_rng(0).choice([-1, 1], (4, 50)))
    whole = recall_curve(memory, [0.0, 0.2, 0.4], trials=4, threads=1)
    monkeypatch.setattr(_recall_curve, "recall", _Interrupted(_recall_curve.recall, 5))
    found = recall_curve(memory, [0.0, 0.2, 0.4], trials=4, threads=1)
    assert (whole.attrs["status"], found.attrs["status"]) == ("completed", "interrupted")
    for name in ("overlap", "success", "success_low", "flips"):
        np.testing.assert_array_equal(found[name].values.ravel()[:4], whole[name].values.ravel()[:4])
        assert np.isnan(found[name].values.ravel()[4:]).all()


@pytest.mark.parametrize(("module", "name"), [(_basin_sizes, "_led_back"), (_recall_curve, "recall")])
def test_before_anything_is_done_it_is_raised(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    memory = AssociativeMemory.hebbian(np.random.default_rng(0).choice([-1, 1], (2, 30)))
    monkeypatch.setattr(module, name, _Interrupted(getattr(module, name), 1))
    with pytest.raises(KeyboardInterrupt):
        (basin_sizes if name == "_led_back" else recall_curve)(memory, trials=4)
