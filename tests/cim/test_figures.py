"""The study of energy against size."""

import numpy as np
import pytest

import cim.figures as figures
from cim.figures import SIZES, default_instances, sizes_study, spectral_spins
from ising_problems import IsingModel
from ising_problems.ensembles import sherrington_kirkpatrick


@pytest.fixture(scope="module")
def study():
    return sizes_study([60, 120], [3, 2], steps=400, replicas=4, seed=5)


def test_layout(study):
    assert study["cim"].dims == study["spectral"].dims == ("size", "instance")
    assert study["size"].values.tolist() == [60, 120]
    for name in ("cim", "spectral"):
        assert np.isfinite(study[name].values).tolist() == [[True, True, True], [True, True, False]]
    assert study.attrs["status"] == "completed"
    assert study.attrs["ground_state_energy"] == -0.7632
    assert study.attrs["spectral_energy"] == pytest.approx(-2 / np.pi)


def test_the_machine_beats_the_spectral_method_and_not_the_ground_state(study):
    # -1.1 is far below any ground state of so few spins: λ_max/2 bounds |E|/n and is about 1
    assert (study["cim"] < study["spectral"]).sum() == 5
    assert float(study["cim"].min()) > -1.1
    assert float(study["spectral"].max()) < -0.4


def test_an_instance_depends_on_its_size_and_number_alone(study):
    alone = sizes_study([120], 1, steps=400, replicas=4, seed=5, threads=1)
    assert alone["cim"].values[0, 0] == study["cim"].values[1, 0]
    assert alone["spectral"].values[0, 0] == study["spectral"].values[1, 0]
    other = sizes_study([120], 1, steps=400, replicas=4, seed=6)
    assert other["cim"].values[0, 0] != study["cim"].values[1, 0]


def test_instances_differ(study):
    assert len(np.unique(study["spectral"].values[0])) == 3


def test_a_generator_and_no_seed():
    first, again = (
        sizes_study([30], 1, steps=20, replicas=1, seed=np.random.default_rng(3))["spectral"].values for _ in range(2)
    )
    assert first == again
    unseeded = sizes_study([30], 1, steps=20, replicas=1, seed=None)
    repeated = sizes_study([30], 1, steps=20, replicas=1, seed=int(unseeded.attrs["seed"]))
    assert repeated["cim"].values == unseeded["cim"].values


def test_spectral_spins_are_the_signs_of_the_top_eigenvector():
    model = sherrington_kirkpatrick(200, seed=1)
    top = np.linalg.eigh(model.J)[1][:, -1]
    spins = spectral_spins(model, np.random.default_rng(0))
    clear = np.abs(top) > 1e-3
    agreement = spins[clear] * np.sign(top[clear])
    assert abs(agreement.sum()) == clear.sum()


def test_spectral_spins_take_integer_couplings():
    ring = np.roll(np.eye(6, dtype=np.int64), 1, axis=0)
    spins = spectral_spins(IsingModel(ring + ring.T), np.random.default_rng(0))
    assert abs(spins.sum()) == 6


def test_ctrl_c_keeps_what_is_finished(monkeypatch):
    runs = []
    whole = figures.simulate

    def interrupted(*arguments, **options):
        if len(runs) == 2:
            raise KeyboardInterrupt
        runs.append(whole(*arguments, **options))
        return runs[-1]

    monkeypatch.setattr(figures, "simulate", interrupted)
    study = sizes_study([30, 40], 2, steps=20, replicas=1)
    assert study.attrs["status"] == "interrupted"
    assert np.isfinite(study["cim"].values).tolist() == [[True, True], [False, False]]


def test_a_run_that_was_interrupted_within_is_left_out(monkeypatch):
    whole = figures.simulate

    def interrupted(model, **options):
        run = whole(model, **options)
        if model.num_spins == 40:
            run.attrs["status"] = "interrupted"
        return run

    monkeypatch.setattr(figures, "simulate", interrupted)
    study = sizes_study([30, 40], 1, steps=20, replicas=1)
    assert study.attrs["status"] == "interrupted"
    assert np.isfinite(study["cim"].values).tolist() == [[True], [False]]


def test_ctrl_c_before_the_first_result(monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(figures, "simulate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sizes_study([30], 1, steps=20, replicas=1)


def test_divergence_is_reported(monkeypatch):
    whole = figures.simulate
    monkeypatch.setattr(figures, "simulate", lambda *given, **options: whole(*given, **options, noise=1e30))
    assert sizes_study([30], 1, steps=20, replicas=1).attrs["status"] == "diverged"


def test_default_instances():
    assert [default_instances(size) for size in SIZES] == [20, 20, 20, 20, 5, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "sizes: at least one"),
        (([50, 50],), "sizes: must increase, but 50 follows 50"),
        (([50, 2],), r"sizes\[1\]: must be at least 3"),
        (([50], 0), "instances: must be at least 1"),
        (([50], [1, 2]), "instances: one number, or one for each of the 1 sizes, but 2 given"),
        (([50, 60], [1, 0]), r"instances\[1\]: must be at least 1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        sizes_study(*arguments)


def test_bad_numbers():
    with pytest.raises(ValueError, match="steps: must be at least 1"):
        sizes_study([50], steps=0)
    with pytest.raises(ValueError, match="replicas: must be at least 1"):
        sizes_study([50], replicas=0)
    with pytest.raises(ValueError, match="seed: must be at least 0"):
        sizes_study([50], seed=-1)


@pytest.mark.slow
def test_ten_thousand_spins():
    study = sizes_study([10_000], 1, replicas=2)
    assert study["cim"].item() <= -0.735
    assert study["spectral"].item() == pytest.approx(-0.637, abs=0.012)
