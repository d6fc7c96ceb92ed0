"""The one driver: takes a batch of replicas through a run, by any dynamics, and can stop after any step."""

from __future__ import annotations

import numpy as np

from landscapes.jit import kernel

from .base import Dynamics, Machine
from .light import PhotonReadout

__all__ = ["REPLICAS_PER_BATCH", "Evolution", "Observation", "compile_kernels"]

# A matrix product is within a seventh of its best speed from 32 columns on, and two such batches use two cores.  The
# size is fixed, so that a result does not depend on the number of threads.
REPLICAS_PER_BATCH = 32


class Evolution:
    """A batch of replicas on its way through a run.

    Parameters
    ----------
    dynamics : Dynamics
    machine : Machine
    amplitudes : numpy.ndarray, float32, shape (n, replicas)
        Where it starts, in machine units; overwritten as it goes.
    rng : numpy.random.Generator
    light : PhotonReadout, optional
        How products are read where photons are few; exactly by default.

    Attributes
    ----------
    steps_taken : int
    products : int
        Matrix-vector products spent on the motion, for each replica.
    """

    def __init__(
        self,
        dynamics: Dynamics,
        machine: Machine,
        amplitudes: np.ndarray,
        rng: np.random.Generator,
        light: PhotonReadout | None = None,
    ) -> None:
        self.machine = machine
        self.batch = dynamics.start(machine, amplitudes, rng)
        self._light = light
        # a stream of its own: all other random numbers are the same whether photons are counted or not
        self._photons = rng.spawn(1)[0] if light is not None else rng
        self.steps_taken = 0
        self._field = np.empty_like(amplitudes)

    def advance(self, until: int) -> None:
        """Take steps up to number ``until`` (not included), as far as the run goes."""
        product, batch, field = self.machine.couplings.product, self.batch, self._field
        # an overflow is no surprise to be warned of here: the batch finds it and the run reports it as its status
        with np.errstate(over="ignore", invalid="ignore"):
            for k in range(self.steps_taken, min(until, self.machine.steps)):
                batch.prepare(k)
                product(batch.source, field)
                if self._light is not None:
                    self._light.read(batch.source, field, self._photons)
                batch.step(k, field)
        self.steps_taken = max(self.steps_taken, min(until, self.machine.steps))

    def spins(self) -> np.ndarray:
        """Signs of the amplitudes, int8, shape (replicas, n); a sign that is undecided (zero, NaN) counts as +1."""
        return np.where(self.batch.amplitudes.T < 0, np.int8(-1), np.int8(1))

    def observe(self) -> Observation:
        """What can be seen of the state now, at the cost of two further products."""
        amplitudes, couplings = self.batch.amplitudes, self.machine.couplings
        signs = np.where(amplitudes < 0, np.float32(-1), np.float32(1))
        sums = np.zeros((7, amplitudes.shape[1]))
        sums[6] = np.inf
        with np.errstate(over="ignore", invalid="ignore"):
            couplings.product(amplitudes, self._field)
            sign_field = couplings.product(signs, np.empty_like(signs))
            _observe(amplitudes, self._field, sign_field, couplings.fields, sums)
            return Observation(self.machine, min(self.steps_taken, self.machine.steps - 1), sums)


def compile_kernels(dynamics: Dynamics, machine: Machine) -> None:
    """Take one step of one replica and look at it: whatever is not compiled yet compiles, in the calling thread."""
    amplitudes = np.zeros((machine.couplings.num_spins, 1), dtype=np.float32)
    evolution = Evolution(dynamics, machine, amplitudes, np.random.default_rng(0))
    evolution.advance(1)
    evolution.observe()


class Observation:
    """Observables of a batch at one moment, in the model's units; arrays of shape (replicas,).

    Attributes
    ----------
    energy : numpy.ndarray
        Soft-spin energy at the pump of the moment.
    ising_energy : numpy.ndarray
        Ising energy of the signs, from float32 products, without the model's offset.
    mean_square_amplitude, smallest_amplitude : numpy.ndarray
    """

    def __init__(self, machine: Machine, step: int, sums: np.ndarray) -> None:
        quartic, square, pair, linear, ising_pair, ising_linear, smallest = sums
        pump = machine.pump[step]
        n = machine.couplings.num_spins
        linear = linear * (machine.field_weight / machine.amplitude_unit)
        self.energy = machine.energy_unit * (0.25 * quartic - 0.5 * pump * square - 0.5 * pair - linear)
        self.ising_energy = machine.pump_unit * (-0.5 * ising_pair - machine.field_weight * ising_linear)
        self.mean_square_amplitude = machine.pump_unit * square / max(n, 1)
        self.smallest_amplitude = machine.amplitude_unit * np.where(np.isinf(smallest) & (n == 0), 0.0, smallest)


@kernel
def _observe(x: np.ndarray, field: np.ndarray, sign_field: np.ndarray, h: np.ndarray, sums: np.ndarray) -> None:
    """Sums over the spins, in float64: x⁴, x², x Jx, h x, s Js, h s, and the smallest |x|; sums is (7, replicas)."""
    n, replicas = x.shape
    for i in range(n):
        h_i = np.float64(h[i])
        for r in range(replicas):
            amplitude = np.float64(x[i, r])
            square = amplitude * amplitude
            sign = -1.0 if amplitude < 0.0 else 1.0
            sums[0, r] += square * square
            sums[1, r] += square
            sums[2, r] += amplitude * np.float64(field[i, r])
            sums[3, r] += h_i * amplitude
            sums[4, r] += sign * np.float64(sign_field[i, r])
            sums[5, r] += h_i * sign
            size = abs(amplitude)
            sums[6, r] = size if size < sums[6, r] else sums[6, r]
