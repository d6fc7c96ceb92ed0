"""Colour the 48 contiguous United States with four colours, print each state's colour and draw the map's graph."""

import json
from pathlib import Path

import matplotlib.pyplot as plt

import cim
import ising_problems as ip

HERE = Path(__file__).resolve().parent
COLOURS = ("blue", "orange", "green", "pink")  # as they are drawn

problem = ip.read(HERE / "us_states.col", num_colors=len(COLOURS))
states = {int(node): state for node, state in json.loads((HERE / "us_states.json").read_text()).items()}

solution = cim.solve(problem, seed=0)
for node, colour in solution.answer.items():
    print(f"{states[node]['name']:16} {'-' if colour is None else COLOURS[colour]}")
print(problem.describe(solution.answer))

positions = {node: state["position"] for node, state in states.items()}
codes = {node: state["label"] for node, state in states.items()}
figure, axes = plt.subplots(figsize=(10, 5.6), layout="constrained")
cim.plotting.coloring(problem, solution, positions, axes, labels=codes)
figure.savefig("us_states.png", dpi=150)
print("drawn in us_states.png")
