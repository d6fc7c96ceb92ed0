"""The study of the crossover from ferromagnet to glass: enumeration, its errors, and the measured table."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import cim
import ising_problems as ip
from cim.cavity._crossover import instances_of, with_averages

study = cim.cavity.connectivity_study

# Of 300 instances each, by a separate program: probability of a ferromagnetic ground state, mean number of minima.
TABLE = {
    10: {0.5: (0.987, 2.00), 0.6: (0.867, 2.13), 0.67: (0.697, 2.33), 0.8: (0.31, 3.59), 1.0: (0.10, 5.37)}
    | {1.5: (0.017, 7.07), 3.0: (0.013, 7.48)},
    16: {0.5: (0.98, 2.00), 0.6: (0.837, 2.05), 0.67: (0.627, 2.19), 0.7: (0.48, 2.53), 0.8: (0.213, 4.07)}
    | {0.85: (0.203, 4.91), 1.0: (0.047, 8.49), 1.5: (0.003, 18.8), 2.0: (0.0, 22.9), 3.0: (0.0, 24.4)},
}


def test_a_cell_says_what_enumeration_says() -> None:
    found = instances_of(9, 0.9, 12, np.random.default_rng(3))
    for k, stream in enumerate(np.random.default_rng(3).spawn(12)):
        model = cim.cavity.confocal_couplings(cim.cavity.random_positions(9, 0.9, seed=stream))
        energy, states = ip.ground_states(model)
        row = {name: values[1][k] for name, values in found.items()}
        assert row["ground_energy"] == pytest.approx(energy / 9, abs=1e-12)
        assert row["magnetisation"] == abs(states[0].sum()) / 9
        assert row["ferromagnetic"] == (abs(states[0].sum()) == 9)
        bonds = np.triu(model.J, 1) * np.outer(states[0], states[0])
        unsatisfied = np.abs(bonds[bonds < 0]).sum() / np.abs(bonds).sum()
        assert row["frustration"] == pytest.approx(unsatisfied, abs=1e-12)
        assert row["minima"] >= 2 and row["log_minima"] == pytest.approx(np.log(row["minima"]))
        assert row["largest_eigenvalue"] == pytest.approx(np.linalg.eigvalsh(model.J).max())


def test_narrow_clouds_are_ferromagnets_and_wide_ones_are_not() -> None:
    found = study([0.1, 0.8, 3.0], [6, 10], instances=60)
    assert dict(found.sizes) == {"size": 2, "width": 3, "instance": 60}
    probability = found["ferromagnet_probability"]
    assert (probability.sel(width=0.1) == 1).all() and (probability.sel(width=3.0) < 0.3).all()
    np.testing.assert_allclose(found["mean_minima"].sel(width=0.1), 2)
    assert (found["mean_frustration"].diff("width") > 0).all()
    np.testing.assert_allclose(found["sk_minima"].sel(size=10), 7.766, atol=5e-4)
    np.testing.assert_allclose(found["glass_width"], [cim.cavity.glass_crossover_width(n) for n in (6, 10)])


def test_errors_are_those_of_means_and_none_where_cells_are_missing() -> None:
    whole = study([0.7], [8], instances=50)
    found = whole.squeeze(["size", "width"])
    minima = found["minima"].values
    assert float(found["mean_minima"]) == pytest.approx(minima.mean())
    assert float(found["mean_minima_error"]) == pytest.approx(minima.std(ddof=1) / np.sqrt(50))
    hits = found["ferromagnetic"].values.sum()
    likely = (hits + 2) / 54
    assert float(found["ferromagnet_probability"]) == hits / 50
    assert float(found["ferromagnet_probability_error"]) == pytest.approx(np.sqrt(likely * (1 - likely) / 54))
    raw = xr.full_like(whole[list(instances_of(4, 1.0, 1, np.random.default_rng(0)))], np.nan)
    empty = with_averages(raw)
    assert np.isnan(empty["mean_minima"]).all() and np.isnan(empty["ferromagnet_probability"]).all()


def test_workers_threads_and_resumed_runs_give_the_same_bits(tmp_path: Path) -> None:
    arguments = {"widths": [0.6, 1.2], "sizes": [5, 7], "instances": 8, "seed": 5}
    serial = study(**arguments, threads=1)
    with ProcessPoolExecutor(2) as pool:
        parallel = study(**arguments, executor=pool)
    begun = study(**{**arguments, "widths": [0.6]}, path=tmp_path / "study")
    resumed = study(**arguments, path=tmp_path / "study")
    for other in (study(**arguments, threads=2), parallel, resumed):
        xr.testing.assert_identical(other.drop_attrs(), serial.drop_attrs())
    xr.testing.assert_identical(begun.drop_attrs(), serial.sel(width=[0.6]).drop_attrs())
    assert not study(**{**arguments, "seed": 6})["ground_energy"].equals(serial["ground_energy"])


def test_an_interrupted_study_holds_what_was_done() -> None:
    calls: list[float] = []

    def enough(fraction: float) -> bool:
        calls.append(fraction)
        return fraction >= 0.5

    found = study([0.5, 1.0], [5, 6], instances=4, threads=1, callback=enough)
    assert found.attrs["status"] == "interrupted"
    assert np.isnan(found["mean_minima"]).sum() == np.isnan(found["ferromagnet_probability"]).sum() > 0


@pytest.mark.slow
def test_the_measured_table() -> None:
    """Within 4 standard errors of both; the twin, widths off by a tenth, is not."""
    agreement = {}
    for factor in (1.0, 1.1):
        deviations = []
        for size, rows in TABLE.items():
            found = study([factor * width for width in rows], size, instances=300, seed=11)
            for k, (share, minima) in enumerate(rows.values()):
                at = found.isel(size=0, width=k)
                root_two = np.sqrt(2.0)  # the table has errors too
                deviations.append(
                    (at["ferromagnet_probability"] - share) / at["ferromagnet_probability_error"] / root_two
                )
                error = max(float(at["mean_minima_error"]), 0.02)  # both rounded, and 2 of all in narrow clouds
                deviations.append((at["mean_minima"] - minima) / error / root_two)
        agreement[factor] = np.abs(np.array(deviations, dtype=float)).max()
    assert agreement[1.0] < 4 < agreement[1.1]


@pytest.mark.slow
def test_wide_clouds_have_nearly_as_many_minima_as_sherrington_and_kirkpatricks_model() -> None:
    found = study([10.0, 1.0], 16, instances=2000).squeeze("size")
    assert float(abs(found["mean_minima"][0] / found["sk_minima"] - 1)) < 0.05
    assert float(found["mean_minima"][1]) < 0.5 * float(found["sk_minima"])


def test_bad_input_is_refused_with_the_arguments_name() -> None:
    for widths in ([], [0.0], [-1.0], [np.nan], 0.5):
        with pytest.raises(ValueError, match="widths: positive numbers"):
            study(widths, 5)
    with pytest.raises(ValueError, match="sizes: must be at least 2"):
        study([0.5], [5, 1])
    with pytest.raises(ValueError, match=r"sizes: .* at most 32 atoms, but there are 40"):
        study([0.5], 40)
    with pytest.raises(ValueError, match="instances: must be at least 1"):
        study([0.5], 5, instances=0)
