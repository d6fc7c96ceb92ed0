"""Schedules and profiles from the landscape: shares of the regions, speeds, and what the theory's tables say."""

import pickle

import numpy as np
import pytest

import cim
import ising_problems as ip
import landscapes as ls
from cim.landscape_profiles import expected_square
from cim.landscape_schedules import paced

SUSY = -0.9275517128
NAMES = ("amplitude_clip", "curvature_step", "linear", "piecewise", "power")


def rigidity() -> float:
    return ls.theory.transitions()["rigidity"].value


def time_between(schedule: object, low: float, high: float) -> float:
    """Part of the run that a rising schedule spends between two pumps."""
    u = np.linspace(0.0, 1.0, 100_001)
    pumps = np.asarray(schedule(u))  # type: ignore[operator]
    return float(np.mean((pumps >= low) & (pumps < high)))


@pytest.mark.parametrize(
    ("budget", "dt", "flat"), [(300, 0.1, 0.3), (3000, 0.1, 0.6), (1000, 0.1, 0.4569), (30, 0.1, 0)]
)
def test_the_flat_regions_share_follows_the_length_of_the_run(budget: int, dt: float, flat: float) -> None:
    schedule = cim.landscape_informed(budget, dt=dt)
    assert abs(time_between(schedule, -3.0, SUSY) - flat) < 1e-4
    assert abs(time_between(schedule, rigidity(), 1.0) - 0.1) < 1e-4
    assert schedule(1.0) == 0.0
    assert schedule(0.0) == (-2.0 if flat else pytest.approx(SUSY))


def test_given_shares_and_ends() -> None:
    schedule = cim.landscape_informed(300, shares=(5, 4, 1))
    assert schedule(0.5) == pytest.approx(SUSY, abs=1e-9)
    assert schedule(0.9) == pytest.approx(rigidity(), abs=1e-9)
    within = cim.landscape_informed(300, start=-1.2, stop=-0.5, shares=(1, 3, 7))  # the rigid region has no part in it
    assert within(0.25) == pytest.approx(SUSY, abs=1e-9)
    assert (within(0.0), within(1.0)) == (-1.2, -0.5)
    leap = cim.landscape_informed(300, shares=(1, 0, 1))
    assert time_between(leap, SUSY + 1e-6, rigidity() - 1e-6) < 1e-4
    fractions = np.linspace(0, 1, 1001)
    for made in (schedule, within, leap):
        assert (np.diff(np.asarray(made(fractions))) > 0).all()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"start": 0.5, "stop": 0.0}, "stop: the pump must rise"),
        ({"shares": (1, 2)}, "shares: three numbers"),
        ({"shares": (1, -2, 1)}, "shares: three numbers"),
        ({"start": 0.1, "stop": 1.0, "shares": (1, 1, 0)}, "shares: the regions between"),
        ({"dt": 0.0}, "dt: must be greater"),
        ({"start": np.nan}, "start: must be finite"),
    ],
)
def test_bad_regions_are_refused(options: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        cim.landscape_informed(300, **options)  # type: ignore[arg-type]


def test_a_budget_below_one_step_is_refused() -> None:
    with pytest.raises(ValueError, match="budget: must be at least 1"):
        cim.landscape_informed(0)
    with pytest.raises(TypeError, match="budget: must be an integer"):
        cim.landscape_informed(10.5)  # type: ignore[arg-type]


def test_the_pump_rises_at_the_inverse_of_the_softness() -> None:
    pumps = np.linspace(-2.0, 0.0, 401)
    schedule = paced(pumps, np.exp(pumps))  # da/du ~ exp(-a): exp(a) is linear in u
    u = np.linspace(0.0, 1.0, 11)
    expected = np.log(np.exp(-2.0) + u * (1.0 - np.exp(-2.0)))
    np.testing.assert_allclose(schedule(u), expected, atol=2e-5)
    half = paced(pumps, np.exp(2.0 * pumps), exponent=0.5)
    np.testing.assert_allclose(half(u), expected, atol=2e-5)
    assert np.abs(paced(pumps, np.exp(2.0 * pumps))(u) - expected).max() > 0.05  # and without the exponent it is not


def test_mixture_limit_and_exponent_of_a_speed() -> None:
    pumps, softness = np.array([-2.0, -1.5, -1.0, -0.5, 0.0]), np.array([1.0, 1.0, 1000.0, 1.0, 1.0])
    straight = cim.linear(-2.0, 0.0)
    u = np.linspace(0.0, 1.0, 21)
    for line in (
        paced(pumps, softness, exponent=0.0),
        paced(pumps, softness, mixture=1.0),
        paced(pumps, softness, limit=1.0),
        paced(pumps, 0.0 * softness),
        paced(pumps, np.inf * softness),
    ):
        np.testing.assert_allclose(line(u), straight(u), atol=1e-8)
    # the limit holds what is 1000 times as soft to 10 times: of the four intervals two take (1 + 10)/2, two take 1
    assert time_between(paced(pumps, softness), -1.5, -0.5) == pytest.approx(11.0 / 13.0, abs=1e-4)
    mixed = paced(pumps, softness, mixture=0.4)
    assert time_between(mixed, -1.5, -0.5) == pytest.approx(0.6 * 11.0 / 13.0 + 0.4 * 0.5, abs=1e-4)
    assert paced(pumps, [0.0, 0.0, 1.0, 1.0, np.inf])(0.0) == -2.0


@pytest.mark.parametrize(
    ("arguments", "options", "says"),
    [
        (([0.0, 0.0], [1, 1]), {}, "pumps: two or more increasing"),
        (([0.0], [1]), {}, "pumps: two or more increasing"),
        (([0.0, 1.0], [1, -1]), {}, "softness: a number that is not negative"),
        (([0.0, 1.0], [1, np.nan]), {}, "softness: a number that is not negative"),
        (([0.0, 1.0], [1, 1, 1]), {}, "softness: a number that is not negative"),
        (([0.0, 1.0], [1, 1]), {"mixture": 1.5}, "mixture: is a part"),
        (([0.0, 1.0], [1, 1]), {"limit": 0.5}, "limit: must be at least 1"),
        (([0.0, 1.0], [1, 1]), {"exponent": -1.0}, "exponent: must be at least 0"),
    ],
)
def test_bad_speeds_are_refused(arguments: tuple, options: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        paced(*arguments, **options)


def test_typical_speeds_follow_their_tables() -> None:
    by_chi = cim.typical_gap_speed(-2.0, 0.0, measure="susceptibility")
    lines = ls.theory.phase_lines()

    def susceptibility(a: float) -> float:
        return float(np.interp(a, lines["pump"], lines["susceptibility"]))

    for low, high in ((-1.9, -0.2), (-1.5, -0.9)):  # where Δ is larger the pump is slower, in proportion
        ratio = time_between(by_chi, low - 0.05, low + 0.05) / time_between(by_chi, high - 0.05, high + 0.05)
        assert ratio == pytest.approx(susceptibility(low) / susceptibility(high), rel=0.01)
    by_gap = cim.typical_gap_speed()
    assert (by_gap(0.0), by_gap(1.0)) == (-2.2, 0.0)
    # measured at n = 500: soft from -1.9 to -0.6, where the straight line spends 59 % of its time, stiff above -0.3
    assert time_between(by_gap, -1.9, -0.6) > 0.7
    assert time_between(by_gap, -0.3, 0.1) < 0.04 < 0.3 / 2.2
    with pytest.raises(ValueError, match="measure: must be 'gap' or"):
        cim.typical_gap_speed(measure="energy")
    with pytest.raises(ValueError, match="stop: the table of 'gap' reaches"):
        cim.typical_gap_speed(stop=1.0)
    with pytest.raises(ValueError, match="stop: the pump must rise"):
        cim.typical_gap_speed(0.0, -1.0)


def test_the_clip_is_a_part_of_the_expected_amplitude() -> None:
    clip = cim.amplitude_clip(cim.linear(-2.2, 0.0), 0.5)
    assert clip(0.0) == clip(0.05) == 0.05
    state = ls.theory.full_rsb(-1.1, levels=10)
    assert clip(0.5) == pytest.approx(0.5 * state.q**0.5, abs=1e-3)
    assert expected_square(4.4) == pytest.approx(expected_square(2.4) + 2.0)
    # amplitudes of a machine at the end of a slow ramp: the theory of the ground state describes them to a few per cent
    run = cim.simulate(ip.sherrington_kirkpatrick(300, seed=1), steps=1000, replicas=2)
    measured = float((run["final_amplitude"] ** 2).mean()) / run.attrs["pump_unit"]
    assert float(expected_square(0.0)) == pytest.approx(measured, rel=0.03)


def test_the_step_follows_the_curvature() -> None:
    schedule = cim.linear(-2.0, 0.0)
    step = cim.curvature_step(schedule, 0.9, momentum=0.5)
    q = float(expected_square(-1.0))
    assert step(0.5) == pytest.approx(0.9 * 2.0 * 1.5 / (3.0 * q + 1.0 + 2.0))
    clipped = cim.curvature_step(schedule, 1.0, clip=0.4)
    assert clipped(0.5) == pytest.approx(2.0 / (3.0 * 0.16 + 1.0 + 2.0))
    held = cim.curvature_step(cim.linear(-2.0, 3.0), 1.0, clip=0.4)  # 3x² < a: the couplings alone
    assert held(1.0) == pytest.approx(1.0)
    lopsided = cim.curvature_step(schedule, 1.0, smallest_eigenvalue=-4.0)
    assert lopsided(0.0) == pytest.approx(2.0 / 6.0)


def test_machines_take_profiles_and_say_when_a_step_is_too_long() -> None:
    model, schedule = ip.sherrington_kirkpatrick(60, seed=0), cim.linear(-2.0, 0.0)
    clip = cim.amplitude_clip(schedule, 0.4)
    run = cim.simulate(model, schedule, dt=cim.curvature_step(schedule, 0.8, clip=0.6), clip=clip, steps=200)
    largest = float(np.abs(run["final_amplitude"]).max()) / run.attrs["pump_unit"] ** 0.5
    assert largest == pytest.approx(clip(1.0), rel=1e-5)


def test_profiles_are_frozen_equal_picklable_and_their_repr_rebuilds_them() -> None:
    schedule = cim.piecewise([(0.0, -2.0), (0.5, -0.9), (1.0, 0.0)])
    for made in (
        cim.amplitude_clip(schedule, 0.4, least=0.1),
        cim.curvature_step(schedule, 0.7, momentum=0.3, clip=0.5),
        cim.curvature_step(schedule),
        cim.power(0.4, 0.0, 1.77),
    ):
        assert eval(repr(made), {name: getattr(cim, name) for name in NAMES}) == made
        assert pickle.loads(pickle.dumps(made)) == made
        assert hash(made) == hash(pickle.loads(pickle.dumps(made)))
    by_function = cim.amplitude_clip(lambda u: -2.0 + 2.0 * u)
    np.testing.assert_allclose(
        by_function(np.array([0.0, 1.0])), cim.amplitude_clip(cim.linear(-2, 0))(np.array([0, 1]))
    )


def test_profiles_refuse_what_is_no_schedule() -> None:
    for wrong in (0.5, None, cim.ConstantGapSpeed()):
        with pytest.raises(TypeError, match="schedule: a pump schedule"):
            cim.amplitude_clip(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="clip: must be greater than 0"):
        cim.curvature_step(cim.linear(-2, 0), clip=0.0)


def test_powers() -> None:
    falling = cim.power(0.4, 0.1, 2.0)
    assert falling(0.0) == pytest.approx(0.4)
    assert falling(0.5) == pytest.approx(0.1 + 0.3 * 0.25)
    assert falling(1.0) == pytest.approx(0.1)
    u = np.linspace(0.0, 1.0, 7)
    np.testing.assert_allclose(cim.power(0.3, 0.0, 1.0)(u), cim.linear(0.3, 0.0)(u))
    for wrong in (0.0, -1.0):
        with pytest.raises(ValueError, match="exponent: must be greater than 0"):
            cim.power(0.4, 0.0, wrong)
