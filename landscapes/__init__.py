"""The geometry of the energy surface that a machine descends.

The soft-spin energy of the coherent Ising machine, its gradient and its Hessian; compiled kernels' common ground.
"""

from .energies import SoftSpinEnergy

__all__ = ["SoftSpinEnergy"]
