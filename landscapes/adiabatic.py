"""The minima that follow a rising pump, as points: what the machine would read out at each pump.

The gradient flow starts from small noise below the threshold and is carried upwards
(:mod:`landscapes.following`); at every pump that is asked for it is taken down to the minimum
(:mod:`landscapes.minima`), while the flow itself goes on undisturbed.

Source: Yamamura, Mabuchi, Ganguli, arXiv:2309.08119.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, __version__
from ising_problems.checks import checked_generator, checked_integer, checked_number, repeatable_seed
from ising_problems.threads import single_threaded_algebra

from .energies import SoftSpinEnergy
from .following import Flow, checked_pumps
from .hessian import own_generator
from .minima import landscape_of, settle

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["adiabatic_minima"]

_TOLERANCE = 1e-9


def adiabatic_minima(
    model: IsingModel,
    pumps: Any,
    *,
    replicas: int = 1,
    steps_per_unit: float = 1000,
    seed: int | np.random.Generator | None = 0,
) -> xr.Dataset:
    """Follow minima of the soft-spin energy as the pump rises, and return them.

    Parameters
    ----------
    model : IsingModel
    pumps : float or array_like, shape (p,)
        The pumps a at which minima are wanted, increasing.
    replicas : int, default 1
        Flows that start from different noise.
    steps_per_unit : float, default 1000
        Euler steps while the pump rises by 1, as it stands.  The default suits Sherrington and Kirkpatrick's
        couplings, λ_max(J) ≈ 2; for others divide it by λ_max(J)/2.
    seed : int, numpy.random.Generator or None, default 0

    Returns
    -------
    xarray.Dataset
        Dimensions ``pump``, ``replica``, ``spin``.  ``x``, the amplitudes; ``energy``, the soft-spin energy there (not
        per spin); ``gradient_norm``, the largest absolute component of the gradient; ``converged``, whether that is
        below 1e-9 in units of c^(3/2), c = max(λ_max, |a|, max|h|^(2/3))/2.  A point that is not converged is no
        minimum.

    Raises
    ------
    TypeError
        If ``model`` is not an IsingModel.
    ValueError
        If the pumps are not finite or do not increase, or a number is out of range; if more than 10⁸ steps would be
        made, with the ``steps_per_unit`` to pass.

    Notes
    -----
    There is nothing to return before the last pump: Ctrl-C raises ``KeyboardInterrupt``.

    See Also
    --------
    phase_diagram : the same over sizes and instances, measured instead of returned.

    Examples
    --------
    >>> import ising_problems as ip
    >>> states = adiabatic_minima(ip.IsingModel([[0, 1], [1, 0]]), [-2.0, 0.0])
    >>> abs(states["x"].values[:, 0]).round(6).tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    if not isinstance(model, IsingModel):
        raise TypeError(f"model: an IsingModel is needed, not {type(model).__name__}; problem.to_ising() gives one")
    values = checked_pumps(pumps)
    replicas = checked_integer(replicas, "replicas", 1)
    steps_per_unit = checked_number(steps_per_unit, "steps_per_unit", above=0.0)
    rng = checked_generator(seed)
    noise = own_generator(rng)
    n = model.num_spins
    x = np.zeros((len(values), replicas, n))
    energy, residual = np.zeros((2, len(values), replicas))
    converged = np.zeros((len(values), replicas), dtype=bool)
    with single_threaded_algebra():
        landscape = landscape_of(model)
        path = Flow(landscape).ramp(values.tolist(), replicas, steps_per_unit, noise)
        for k, (pump, followed) in enumerate(zip(values.tolist(), path, strict=True)):
            for r, start in enumerate(followed):
                x[k, r], scaled = settle(landscape, pump, start, _TOLERANCE)
                converged[k, r] = scaled < _TOLERANCE
                residual[k, r] = scaled * landscape.unit(pump) ** 1.5
            energy[k] = SoftSpinEnergy(model, pump).value(x[k])
    import xarray as xr

    return xr.Dataset(
        {
            "x": (("pump", "replica", "spin"), x),
            "energy": (("pump", "replica"), energy),
            "gradient_norm": (("pump", "replica"), residual),
            "converged": (("pump", "replica"), converged),
        },
        coords={"pump": values, "replica": np.arange(replicas), "spin": np.arange(n)},
        attrs={
            "steps_per_unit": steps_per_unit,
            "seed": str(repeatable_seed(seed, rng)),
            "versions": repr({"coherent-ising": __version__, "numpy": np.__version__}),
        },
    )
