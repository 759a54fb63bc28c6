"""Pictures of a recall by a Hopfield network."""

import numpy as np

from .trainings import WIDTH, Panel, colour

MOST = 200  # trials, or patterns, that a picture shows


def draw_energy(figure, run, shown):
    energy = run["recall/energy"][:, :MOST]
    axes = figure.subplots()
    axes.plot(np.arange(len(energy)), energy, color=colour(0), alpha=0.3, linewidth=0.8)
    axes.set(xlabel="sweep", ylabel="energy")
    return f"energy of {energy.shape[1]} of {run['recall/energy'].shape[1]} trials"


def draw_overlaps(figure, run, shown):
    overlaps = run["recall/overlaps"][:MOST, :MOST]
    axes = figure.subplots()
    image = axes.imshow(overlaps, vmin=-1.0, vmax=1.0, cmap="RdBu_r", aspect="auto", interpolation="nearest")
    axes.set(xlabel="pattern", ylabel="trial")
    figure.colorbar(image, ax=axes, label="overlap at the end")
    return "overlaps with the patterns"


RECALL = [
    Panel("energy", (WIDTH, 3.0), lambda run: "recall/energy" in run, draw_energy),
    Panel("overlaps", (WIDTH, 4.5), lambda run: "recall/overlaps" in run, draw_overlaps),
]
