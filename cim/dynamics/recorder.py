"""Takes a batch through its run and writes down what is asked for at the moments asked for."""

from __future__ import annotations

import threading

import numpy as np

from .driver import Evolution

__all__ = ["OBSERVABLES", "Recorder", "empty_records"]

OBSERVABLES = (
    "energy",
    "ising_energy",
    "mean_square_amplitude",
    "smallest_amplitude",
    "sign_changes",
    "amplitude",
)
_STEPS_BETWEEN_LOOKS = 16  # how often a run looks whether it should stop


def empty_records(names: tuple[str, ...], moments: int, replicas: int, num_spins: int) -> dict[str, np.ndarray]:
    """Arrays to be filled, (moments, replicas), and (moments, replicas, num_spins) for the amplitudes."""
    return {
        name: np.empty((moments, replicas, num_spins), dtype=np.float32)
        if name == "amplitude"
        else np.empty((moments, replicas), dtype=np.int64 if name == "sign_changes" else np.float64)
        for name in names
    }


class Recorder:
    """One batch and its records.

    Parameters
    ----------
    evolution : Evolution
    moments : numpy.ndarray of int, increasing
        Numbers of steps taken at which to record.
    records : dict from str to numpy.ndarray
        This batch's columns of :func:`empty_records`, to be filled.

    Attributes
    ----------
    recorded : int
        Moments recorded so far.
    """

    def __init__(self, evolution: Evolution, moments: np.ndarray, records: dict[str, np.ndarray]) -> None:
        self.evolution = evolution
        self.recorded = 0
        self._moments = moments
        self._records = records
        self._observes = bool(set(records) - {"sign_changes", "amplitude"})

    def run(self, stop: threading.Event) -> None:
        """Go on to the end of the run, or until ``stop`` is set."""
        evolution = self.evolution
        for moment in self._moments:
            if not self._advance(int(moment), stop):
                return
            self._record()
        self._advance(evolution.machine.steps, stop)

    def _advance(self, until: int, stop: threading.Event) -> bool:
        while self.evolution.steps_taken < until:
            if stop.is_set():
                return False
            self.evolution.advance(min(until, self.evolution.steps_taken + _STEPS_BETWEEN_LOOKS))
        return True

    def _record(self) -> None:
        batch = self.evolution.batch
        observation = self.evolution.observe() if self._observes else None
        for name, values in self._records.items():
            if name == "amplitude":
                values[self.recorded] = batch.amplitudes.T
                values[self.recorded] *= np.float32(self.evolution.machine.amplitude_unit)
            elif name == "sign_changes":
                values[self.recorded] = batch.sign_changes
            else:
                values[self.recorded] = getattr(observation, name)
        self.recorded += 1
