"""Classes of critical points and what is known of each: how many, where, of which index, with which amplitudes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .annealed_saddle import AnnealedSaddle
from .arguments import finite_numbers
from .semicircle import origin_index

__all__ = ["Complexity", "of_saddle", "origin"]


@dataclass(frozen=True)
class Complexity:
    """A class of critical points, and the logarithm of its number.

    Attributes
    ----------
    pump : float
    kind : str
        ``"all"``, ``"minima"``, ``"susy"``, ``"non-susy"``; ``"origin"`` where x = 0 is the only critical point.
    sigma : float
        (1/n) ln of the mean number.
    energy : float
        Energy per spin, -⟨x⁴⟩/4.
    index : float
        Fraction of negative eigenvalues of the Hessian.
    q : float
        Mean square amplitude.
    resolvent : complex
        G = ⟨1/(3x² - a - G)⟩.
    energy_weight, index_weight : float
        u and ζ: dΣ = u de - ζ dr.
    field_response : float
        ρ = ⟨xV'⟩/(2q).
    curvature : float
        ω of the one-site measure.
    multiplier : float
        α ≤ 0, which keeps minima marginal.
    saddle : AnnealedSaddle, optional
        The solution itself, to continue from; None for the origin.
    """

    pump: float
    kind: str
    sigma: float
    energy: float
    index: float
    q: float
    resolvent: complex
    energy_weight: float
    index_weight: float
    field_response: float
    curvature: float
    multiplier: float
    saddle: AnnealedSaddle | None = field(default=None, repr=False, compare=False)

    @property
    def marginality(self) -> float:
        """⟨|D|⁻²⟩: 1 where the spectrum reaches zero, below 1 where it keeps away.

        Infinite where the density of D is linear at D = 0, which is a logarithm that no marginality holds back.
        """
        if self.saddle is None:
            return float(abs(self.resolvent) ** 2)
        if not self.saddle.touching and self.pump + self.resolvent.real > 0.0:
            return np.inf if self.kind == "non-susy" else 1.0  # held by an Im G or an alpha too small to be seen
        x, probability, _ = self.saddle.measure()
        return float(probability @ np.abs(3.0 * x * x - self.pump - self.resolvent) ** -2.0)

    @property
    def stability(self) -> float:
        """Largest modulus of K = ρ ± √ω; above 1 the annealed number is not the typical one (see the module)."""
        root = np.sqrt(complex(self.curvature))
        return float(max(abs(self.field_response + root), abs(self.field_response - root)))

    def density(self, x: Any) -> np.ndarray:
        """Probability density of the amplitudes of these points.

        Parameters
        ----------
        x : array_like

        Returns
        -------
        numpy.ndarray
            Same shape; symmetric, and of unit integral over the line.  The origin's is infinite at 0.
        """
        points = finite_numbers(x, "x", 1e50)
        if self.saddle is None:
            return np.where(points == 0.0, np.inf, 0.0)
        _, _, logarithm = self.saddle.measure()
        return np.exp(self.saddle.log_weight(points) - logarithm)


def origin(pump: float) -> Complexity:
    """The origin as a critical point: x = 0, E = 0, with the eigenvalues of -a - J."""
    return Complexity(
        pump=pump,
        kind="origin",
        sigma=0.0,
        energy=0.0,
        index=origin_index(pump),
        q=0.0,
        resolvent=complex(-pump / 2.0, np.sqrt(1.0 - pump * pump / 4.0))
        if abs(pump) < 2.0
        else complex(-2.0 / (pump + np.copysign(np.sqrt(pump * pump - 4.0), pump))),  # without cancellation
        energy_weight=0.0,
        index_weight=0.0,
        field_response=0.0,
        curvature=0.0,
        multiplier=0.0,
    )


def of_saddle(saddle: AnnealedSaddle, kind: str) -> Complexity:
    """What people want to know of a saddle point."""
    sigma, energy, index = (float(value) for value in saddle.sigma())
    _, rho, omega, _, _, u, zeta = (float(value) for value in saddle.unknowns)
    return Complexity(
        pump=saddle.controls.pump,
        kind=kind,
        sigma=sigma,
        energy=energy,
        index=abs(index),
        q=saddle.q,
        resolvent=saddle.resolvent,
        energy_weight=u,
        index_weight=zeta,
        field_response=rho,
        curvature=omega,
        multiplier=saddle.multiplier,
        saddle=saddle,
    )
