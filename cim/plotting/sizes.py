r"""Energy against size on the Sherrington–Kirkpatrick model, beside what theory says of infinitely many spins.

The ground state energy per spin tends to :math:`-0.7632` (G. Parisi, J. Phys. A 13, L115, 1980; more digits in
A. Crisanti, T. Rizzo, Phys. Rev. E 65, 046137, 2002), the energy of the signs of the top eigenvector to :math:`-2/\pi`.
At finite size the ground state lies higher by about :math:`0.70\, n^{-2/3}`: the exponent is that of
S. Boettcher, Eur. Phys. J. B 46, 501 (2005), arXiv:cond-mat/0407130; the factor describes the lowest energies known
here well enough to guide the eye.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from landscapes.plotting.statistics import mean_and_error
from landscapes.plotting.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PINK,
    SKY,
    dress,
    edge_label,
    legend,
    new_axes,
    ticks,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["energy_against_size"]

PARISI_ENERGY = -0.7632
SPECTRAL_ENERGY = -2.0 / np.pi
FINITE_SIZE_FACTOR = 0.70

_TICK_INCHES = 0.4  # the room that a size such as 10,000 needs on the axis
_NAMES = {"cim": "coherent Ising machine", "spectral": "top eigenvector, signs"}
_LOOKS = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PINK, "D"), (SKY, "v"))


def energy_against_size(study: Any, *, ax: Axes | None = None) -> Axes:
    """Draw the mean energy per spin of each method against the number of spins, beside the theory.

    Parameters
    ----------
    study : xarray.Dataset or mapping
        Energies per spin, one variable for each method, such as ``cim`` and ``spectral``, with dimensions ``size`` and
        ``instance``; NaN where an instance was not run.  A mapping holds arrays of shape (sizes, instances), and the
        sizes under "size".  The name in the legend is the variable's ``attrs["long_name"]`` where it has one.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Bars are standard errors of the mean over instances.

    Raises
    ------
    ValueError
        If sizes, dimensions or shapes are not as above.
    """
    sizes, methods = _methods(study)
    if ax is None:
        ax = new_axes(size=(6.4, 4.2))
    n = np.geomspace(sizes.min() / 1.3, sizes.max() * 1.3, 200)
    for k, (name, energies) in enumerate(methods.items()):
        mean, error = mean_and_error(energies)
        colour, marker = _LOOKS[k % len(_LOOKS)]
        ax.errorbar(
            sizes,
            mean,
            yerr=error,
            color=colour,
            marker=marker,
            markersize=5.5,
            markeredgecolor="white",
            markeredgewidth=0.6,
            linewidth=1.4,
            elinewidth=1.2,
            capsize=2.5,
            label=name,
            zorder=3,
        )
    ax.plot(
        n,
        PARISI_ENERGY + FINITE_SIZE_FACTOR * n ** (-2 / 3),
        color=INK,
        linewidth=1.2,
        linestyle=(0, (4, 2)),
        label=r"ground state, $-0.763 + 0.70\,n^{-2/3}$",
    )
    for limit, colour, text in (
        (SPECTRAL_ENERGY, ORANGE, "−2/π\n(spectral,\nn → ∞)"),
        (PARISI_ENERGY, INK, "−0.7632\n(Parisi,\nn → ∞)"),
    ):
        ax.axhline(limit, color=colour, linewidth=1.1, linestyle=(0, (1, 1.5)), zorder=1)
        edge_label(ax, limit, text)
    ax.set_xscale("log")
    ax.set_xlim(n[0], n[-1])
    _label_sizes(ax, sizes)
    ax.set_xlabel("number of spins n")
    ax.set_ylabel("Ising energy per spin")
    ticks(ax.yaxis)
    title(ax, "Sherrington–Kirkpatrick model")
    handles, names = ax.get_legend_handles_labels()
    legend(ax, handles=[*handles[1:], handles[0]], labels=[*names[1:], names[0]], handlelength=1.8)  # theory last
    return dress(ax)


def _methods(study: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Sizes, and the energies of each method by its name in the legend, shape (sizes, instances)."""
    if hasattr(study, "data_vars"):
        if "size" not in study.coords:
            raise ValueError("study: the dataset has no coordinate 'size' with the numbers of spins")
        sizes = np.asarray(study["size"].values)
        variables = {}
        for key, variable in study.data_vars.items():
            if set(variable.dims) != {"size", "instance"}:
                raise ValueError(f"study: {key!r} has the dimensions {variable.dims}; 'size' and 'instance' are needed")
            variables[variable.attrs.get("long_name") or _NAMES.get(str(key), str(key))] = variable.transpose(
                "size", "instance"
            ).values
    elif isinstance(study, Mapping):
        if "size" not in study:
            raise ValueError("study: the numbers of spins are needed under 'size'")
        sizes = np.asarray(study["size"])
        variables = {_NAMES.get(key, str(key)): np.asarray(value) for key, value in study.items() if key != "size"}
    else:
        raise TypeError(f"study: an xarray.Dataset or a mapping of arrays is needed, not {type(study).__name__}")
    if sizes.ndim != 1 or not len(sizes) or sizes.dtype.kind not in "iuf" or not (sizes > 0).all():
        raise ValueError(f"study: 'size' must hold positive numbers of spins, but it is {sizes!r}")
    if not variables:
        raise ValueError("study: there are no energies in it")
    order = np.argsort(sizes)
    for name, energies in variables.items():
        if energies.ndim != 2 or energies.shape[0] != len(sizes) or energies.dtype.kind not in "iuf":
            raise ValueError(f"study: {name!r} needs numbers of shape ({len(sizes)}, instances), got {energies.shape}")
        if np.isinf(energies).any():
            raise ValueError(f"study: {name!r} holds an infinite energy")
    return sizes[order], {name: energies[order].astype(np.float64) for name, energies in variables.items()}


def _label_sizes(ax: Axes, sizes: np.ndarray) -> None:
    """Ticks at the sizes that were run, as plain numbers, where they do not crowd; at powers of ten otherwise."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

    inches = ax.get_window_extent().width / ax.figure.dpi
    apart = inches * np.diff(np.log(sizes)) / np.log(1.69 * sizes[-1] / sizes[0])
    ax.xaxis.set_major_locator(FixedLocator(sizes.tolist()) if np.all(apart > _TICK_INCHES) else LogLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
