r"""The coherent Ising machine as a solver: the same dynamics, with the step, momentum and clip tuned for answers.

``linear(-2.0, 0.0)``, dt = 0.75, momentum 0.5 and amplitudes clipped at 0.4, all in machine units (see
:mod:`cim.dynamics.base`).  On the Sherrington–Kirkpatrick model (n = 500, 300 to 3000 steps) the heavy ball and the
clip gain ten to a hundred times more than the shape of the ramp, and so tuned the machine does as well as ballistic
simulated bifurcation.  A temperature that falls from 0.01 to 0 leaves the mean of the runs as it is and sends them to
different states; without it (``noise=0.0``) nearly all replicas end in the same one.

Fields act in proportion to the mean amplitude of their replica, :math:`f_i = (J x)_i + h_i \langle |x| \rangle`
(Inui et al., Commun. Phys. 5, 154, 2022): where all amplitudes are alike, a field then weighs against the couplings as
it does in the Ising energy.  A field added as it stands would outweigh them below threshold, and an auxiliary spin that
carried the fields would set λ_max, and with it the unit of the pump, all by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..dynamics import find
from ..dynamics.base import Dynamics
from ..schedules import linear
from .family import DynamicsSolver

__all__ = ["MachineSolver"]


class MachineSolver(DynamicsSolver):
    """Coherent Ising machine tuned for answers."""

    name: ClassVar[str] = "cim"
    summary: ClassVar[str] = "coherent Ising machine: pump ramp with momentum and clipped amplitudes"
    reference: ClassVar[str] = "Yamamura, Mabuchi, Ganguli, arXiv:2309.08119"
    law: ClassVar[Dynamics] = find("cim")
    schedule: ClassVar[Callable[[Any], Any]] = linear(-2.0, 0.0)
    warm_schedule: ClassVar[Callable[[Any], Any]] = linear(-1.0, 0.0)  # from threshold on, it would forget its start
    initial: ClassVar[float] = 1e-3
    warm_amplitude: ClassVar[float] = 0.2
    options: ClassVar[Mapping[str, Any]] = {
        "dt": 0.75,
        "momentum": 0.5,
        "clip": 0.4,
        "noise": linear(0.01, 0.0),
    }
