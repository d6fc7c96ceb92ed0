"""The scoreboard: ``cim.solve`` beside every solver that installs from PyPI, at equal time on one core.

``python -m tests.benchmarks.solvers`` runs it; the README beside this file says how it measures, and why that is fair.
"""
