"""Exact minimum of an Ising model as a mixed-integer linear program: the oracle where 2^n states are too many."""

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp


def milp_minimum(model, time_limit=60.0):
    """Lowest energy and a configuration that has it; fails where HiGHS does not prove it.

    Every product x_i x_j of 0/1 variables becomes a variable y with y <= x_i, y <= x_j, y >= x_i + x_j - 1, of which
    the sign of its coefficient makes one side superfluous.
    """
    matrix, offset = model.to_qubo()
    q = sp.coo_array(sp.triu(sp.coo_array(matrix)))
    i, j = q.coords
    n = model.num_spins
    linear = np.zeros(n)
    np.add.at(linear, i[i == j], q.data[i == j])
    i, j, w = i[i != j], j[i != j], q.data[i != j]
    m = len(w)
    up, down = np.flatnonzero(w < 0), np.flatnonzero(w > 0)

    def rows(where, parts):
        count = len(where)
        data = [np.full(count, value) for _, value in parts]
        columns = [n + where if name == "y" else {"i": i, "j": j}[name][where] for name, _ in parts]
        return sp.coo_array(
            (np.concatenate(data), (np.tile(np.arange(count), len(parts)), np.concatenate(columns))),
            shape=(count, n + m),
        )

    constraints = [
        LinearConstraint(rows(where, parts).tocsr(), -np.inf, bound)
        for where, parts, bound in (
            (up, [("y", 1.0), ("i", -1.0)], 0.0),
            (up, [("y", 1.0), ("j", -1.0)], 0.0),
            (down, [("i", 1.0), ("j", 1.0), ("y", -1.0)], 1.0),
        )
        if len(where)
    ]
    result = milp(
        np.concatenate([linear, w]),
        constraints=constraints,
        bounds=Bounds(0, 1),
        integrality=np.concatenate([np.ones(n), np.zeros(m)]),
        options={"time_limit": time_limit, "mip_rel_gap": 0.0},
    )
    assert result.status == 0, f"HiGHS did not prove the optimum: {result.message}"
    spins = np.where(np.round(result.x[:n]) > 0, 1, -1).astype(np.int8)
    return float(result.fun + offset), spins
