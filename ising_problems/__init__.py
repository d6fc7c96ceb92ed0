"""NP problems as Ising models, and Ising answers back in the problem's own terms.

The convention throughout is E(s) = -½ s'Js - h's + offset, each pair counted once, to be minimised.
"""

from .model import IsingModel
from .problem import Problem

__version__ = "0.1.0"

__all__ = ["IsingModel", "Problem"]
