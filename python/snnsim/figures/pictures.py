"""All pictures that a run has, one below the other or one by one."""

import io

from matplotlib.figure import Figure

from .memories import RECALL
from .phases import PHASE_PANELS
from .protocols import PROTOCOL_PANELS
from .run_file import RunFileError, Stretch, is_recall, is_simulation, simulated, title_of
from .simulations import SIMULATION_PANELS
from .space import SPACE_PANELS
from .trainings import PANELS, drawn
from .weights import WEIGHT_PANELS

SIMULATION = SIMULATION_PANELS + SPACE_PANELS + PHASE_PANELS + PROTOCOL_PANELS + WEIGHT_PANELS
TITLE_HEIGHT = 0.3     # inches


def panels_of(run):
    """Those that the run has data for; RunFileError where there is none."""
    panels = [p for p in (RECALL if is_recall(run) else SIMULATION if is_simulation(run) else PANELS) if p.available(run)]
    if not panels:
        raise RunFileError(f"{run.filename} holds nothing to draw (status: {run.attrs['status']})")
    return panels


def part_of(run, start=None, stop=None):
    """The stretch of a simulation from start to stop, in ms; without them all of it. RunFileError if that is no part of it."""
    whole = simulated(run)
    stretch = Stretch(whole.start if start is None else start, whole.stop if stop is None else stop)
    if not whole.start <= stretch.start < stretch.stop <= whole.stop:
        raise RunFileError(f"{run.filename} has {whole.start:g} to {whole.stop:g} ms; "
                           f"{stretch.start:g} to {stretch.stop:g} ms is no part of it")
    return stretch


class Picture(Figure):
    """A figure that notebooks show, also where pyplot was never used."""

    def _repr_png_(self):
        png = io.BytesIO()
        self.savefig(png, format="png")
        return png.getvalue()


def new_figure(width, height):
    figure = Picture(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(hspace=0.0, h_pad=0.05)
    return figure


def draw_one(panel, run, shown):
    """A picture that stands alone: what was run is its first line."""
    width, height = panel.inches(run, shown)
    figure = new_figure(width, height + TITLE_HEIGHT)
    drawn(panel, figure.subfigures(1, 1), run, shown)
    figure.suptitle(title_of(run), fontsize=11, fontweight="bold")
    return figure


def draw_all(panels, run, shown):
    """All panels, one below the other."""
    sizes = [p.inches(run, shown) for p in panels]
    heights = [height for _, height in sizes]
    figure = new_figure(max(width for width, _ in sizes), sum(heights) + TITLE_HEIGHT)
    parts = figure.subfigures(len(panels), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, panel in zip(parts, panels):
        drawn(panel, part, run, shown)
    figure.suptitle(title_of(run), fontsize=12, fontweight="bold")
    return figure
