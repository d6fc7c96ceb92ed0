"""The compiled part of the semiclassical twin: spins in a product state under the noise of quantum state diffusion.

:mod:`cim.cavity.diffusion` derives the step: each spin is multiplied by exp(±(field, damping and noise)), where the
field is that of the others' means, then turned by the transverse field and normalised.
"""

from __future__ import annotations

import math

import numpy as np

from landscapes.jit import kernel

__all__ = ["evolve_product"]


@kernel
def evolve_product(
    real: np.ndarray,
    imaginary: np.ndarray,
    noise: np.ndarray,
    couplings: np.ndarray,
    dt: float,
    angle: float,
    drift: float,
    heating: float,
    vectors: np.ndarray,
    rates: np.ndarray,
    J: np.ndarray,
    h: np.ndarray,
) -> None:
    """Take steps with each of R product states, in place, half a rotation past a step's start.

    Parameters
    ----------
    real, imaginary : numpy.ndarray of float64, shape (R, n, 2)
        Amplitudes of σ^x = +1 and -1 of every spin.
    noise, couplings, dt, angle, drift, heating, vectors, rates
        As for :func:`cim.cavity.diffusion_kernels.evolve_states`.
    J, h : numpy.ndarray of float64, shapes (n, n) and (n,)
    """
    n = vectors.shape[0]
    cosine, sine = math.cos(angle), math.sin(angle)
    means = np.empty(n)
    drives = np.empty((n, 2))
    amplitudes = np.empty(len(rates))
    own = np.zeros(n)  # Σ_k μ_k V_ik²: the damping that a spin has by itself
    for i in range(n):
        for k in range(len(rates)):
            own[i] += rates[k] * vectors[i, k] ** 2
    for replica in range(real.shape[0]):
        for step in range(len(couplings)):
            for i in range(n):
                plus = real[replica, i, 0] ** 2 + imaginary[replica, i, 0] ** 2
                minus = real[replica, i, 1] ** 2 + imaginary[replica, i, 1] ** 2
                means[i] = (plus - minus) / (plus + minus)
            for k in range(len(rates)):
                amplitudes[k] = math.sqrt(heating * couplings[step] * rates[k])
            for i in range(n):
                drives[i, 0] = 0.0
                drives[i, 1] = 0.0
                for k in range(len(rates)):
                    drives[i, 0] += vectors[i, k] * amplitudes[k] * noise[replica, step, k, 0]
                    if noise.shape[3] == 2:
                        drives[i, 1] += vectors[i, k] * amplitudes[k] * noise[replica, step, k, 1]
            for i in range(n):
                field = h[i]
                for j in range(n):
                    field += J[i, j] * means[j]
                growth = drives[i, 0] + drift * dt * heating * couplings[step] * own[i] * means[i]
                phase = drives[i, 1] + couplings[step] * dt * field
                x, y = math.cos(phase), math.sin(phase)
                up, down = math.exp(growth), math.exp(-growth)
                a_real = up * (real[replica, i, 0] * x - imaginary[replica, i, 0] * y)
                a_imaginary = up * (real[replica, i, 0] * y + imaginary[replica, i, 0] * x)
                b_real = down * (real[replica, i, 1] * x + imaginary[replica, i, 1] * y)
                b_imaginary = down * (imaginary[replica, i, 1] * x - real[replica, i, 1] * y)
                scale = 1.0 / math.sqrt(a_real**2 + a_imaginary**2 + b_real**2 + b_imaginary**2)
                real[replica, i, 0] = scale * (cosine * a_real + sine * b_imaginary)
                imaginary[replica, i, 0] = scale * (cosine * a_imaginary - sine * b_real)
                real[replica, i, 1] = scale * (cosine * b_real + sine * a_imaginary)
                imaginary[replica, i, 1] = scale * (cosine * b_imaginary - sine * a_real)
