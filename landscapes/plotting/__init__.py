"""Pictures of the landscape, and the look that they share with those of :mod:`cim.plotting`.

Every function draws on the Axes that it is given, or on a new figure where it is given none, and returns them.
"""

from __future__ import annotations
