"""Figures of an evolution: fitness over the generations, the number of species, and the size of the fittest circuit."""

import numpy as np
from matplotlib.figure import Figure

from .trainings import colour


def figures(file):
    """{name: Figure} of an open evolve.h5."""
    rows = {name: values[:] for name, values in file["generations"].items()}
    number = np.arange(1, len(rows["best_fitness"]) + 1)
    figure = Figure(figsize=(7, 8), layout="constrained")
    fitness, species, size = figure.subplots(3, sharex=True, height_ratios=(2, 1, 1))
    fitness.plot(number, rows["best_fitness"], color=colour(0), label="best")
    fitness.plot(number, rows["mean_fitness"], color=colour(1), label="mean")
    known = np.isfinite(rows["test_score"])
    scale = 500 if str(file.attrs["task"]) == "cart_pole" else 1
    fitness.plot(number[known], rows["test_score"][known] / scale, ".", color=colour(2), label="score on fresh trials")
    fitness.set(ylabel="fitness", title=f"{file.attrs['name']}: {file.attrs['task']} by {file.attrs['method']}")
    fitness.legend(fontsize=8)
    species.step(number, rows["species"], where="mid", color=colour(0))
    species.set(ylabel="species")
    size.step(number, rows["cells"], where="mid", color=colour(0), label="cells")
    size.step(number, rows["edges"], where="mid", color=colour(1), label="edges")
    size.set(ylabel="of the fittest", xlabel="generation")
    size.legend(fontsize=8)
    return {"evolution": figure}
