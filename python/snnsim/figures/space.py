"""Activity where the cells are: pictures of populations with positions, and a movie of one."""

import numpy as np

from .run_file import RunFileError, simulated, spikes_between
from .trainings import WIDTH, Panel, colour

FRAMES = 6             # of a picture
MOST_FRAMES = 100      # of a movie
MOST_BINS = 300        # of time, of cells along a line
HEIGHT = 2.2           # inches, of a row of frames


def layer_of(run, population):
    """The data set of a population's positions; None where it has none."""
    return run.get(f"network/{population}/positions")


def placed(run, shown):
    """The populations with recorded spikes of which the file says where the cells are, their cells by number."""
    found = []
    for p in spikes_between(run, shown):
        chosen = run["spikes"][p.population].get("recorded_node_ids")
        if layer_of(run, p.population) is not None:
            found.append(p if chosen is None else p._replace(cell=chosen[:][p.cell.astype(np.int64)]))
    return found


def counts_of(p, edges, dt):
    """Spikes of each cell in each stretch between two edges: [stretch, cell]."""
    # A spike has the time of the end of its step: half a step earlier it is inside.
    stretch = np.searchsorted(edges, p.time - dt / 2, side="right") - 1
    inside = (stretch >= 0) & (stretch < len(edges) - 1)
    flat = stretch[inside] * p.size + p.cell[inside].astype(np.int64)
    return np.bincount(flat, minlength=(len(edges) - 1) * p.size).reshape(-1, p.size)


def as_image(layer, values):
    """Values of the cells of a grid of two or three dimensions as rows and columns, from the top; layers are added."""
    grid = [int(n) for n in layer.attrs["grid"]] + [1, 1]
    columns, rows, layers = grid[:3]
    if str(layer.attrs["order"]) == "columns":
        return np.asarray(values).reshape(columns, rows, layers).sum(axis=2).T
    return np.asarray(values).reshape(layers, rows, columns).sum(axis=0)


def borders(layer):
    """left, right, bottom, top; of a line, bottom and top mean nothing."""
    extent, center = np.append(layer.attrs["extent"], 1.0), np.append(layer.attrs["center"], 0.0)
    return [center[0] - extent[0] / 2, center[0] + extent[0] / 2, center[1] - extent[1] / 2, center[1] + extent[1] / 2]


def length_unit(layer):
    unit = str(layer.attrs.get("units", "1"))
    return "" if unit == "1" else f" ({unit})"


def dimensions(layer):
    return layer.shape[1]


def frame_edges(shown, frames, dt):
    """Of whole steps, all of one length; what is left over at the end is not shown."""
    steps = max(int(round((shown.stop - shown.start) / dt)), 1)
    length = max(steps // frames, 1)
    return shown.start + dt * length * np.arange(min(frames, steps // length) + 1)


def new_frame(axes, layer, most):
    """Prepares axes for the frames of a plane; gives the function that shows the counts of one."""
    positions = layer[:]
    if "grid" in layer.attrs:
        image = axes.imshow(as_image(layer, np.zeros(len(positions))), extent=borders(layer), vmin=0, vmax=most, cmap="magma",
                            interpolation="nearest", aspect="equal")
        show = lambda counts: image.set_data(as_image(layer, counts))    # noqa: E731
    else:
        image = axes.scatter(positions[:, 0], positions[:, 1], c=np.zeros(len(positions)), s=min(20.0, 4e4 / len(positions)),
                             vmin=0, vmax=most, cmap="magma", linewidths=0)
        axes.set_facecolor("black")
        axes.set_aspect("equal")
        show = image.set_array
    axes.set(xlim=borders(layer)[:2], ylim=borders(layer)[2:])
    return image, show


def space_size(run, shown):
    return (WIDTH, 0.5 + HEIGHT * len(placed(run, shown)))


def draw_line(figure, p, layer, shown, dt):
    """Cells on a line: place and time."""
    axes = figure.subplots()
    edges = frame_edges(shown, MOST_BINS, dt)
    left, right = borders(layer)[:2]
    places = np.linspace(left, right, min(p.size, MOST_BINS) + 1)
    at = layer[:][:, 0][p.cell.astype(np.int64)]
    image, *_ = np.histogram2d(p.time - dt / 2, at, [edges, places])
    shown_image = axes.imshow(image.T, origin="lower", aspect="auto", extent=[edges[0], edges[-1], left, right], cmap="magma",
                              interpolation="nearest", vmin=0, vmax=max(image.max(), 1))
    axes.set(xlabel="time (ms)", ylabel=f"{p.population}\nx{length_unit(layer)}")
    figure.colorbar(shown_image, ax=axes, label="spikes")


def draw_plane(figure, p, layer, shown, dt, k):
    edges = frame_edges(shown, FRAMES, dt)
    counts = counts_of(p, edges, dt)
    all_axes = figure.subplots(1, len(counts), sharey=True, squeeze=False)[0]
    most = max(int(counts.max(initial=0)), 1)
    for axes, frame, start, stop in zip(all_axes, counts, edges, edges[1:]):
        image, show = new_frame(axes, layer, most)
        show(frame)
        axes.set_title(f"{start:g} to {stop:g} ms")
        axes.tick_params(labelsize=7)
    all_axes[0].set_ylabel(f"{p.population}\ny{length_unit(layer)}", color=colour(k), fontsize=9)
    figure.colorbar(image, ax=all_axes, label="spikes")


def draw_space(figure, run, shown):
    populations, dt = placed(run, shown), float(run.attrs["dt"])
    for k, (part, p) in enumerate(zip(figure.subfigures(len(populations), 1, squeeze=False)[:, 0], populations)):
        layer = layer_of(run, p.population)
        if dimensions(layer) == 1:
            draw_line(part, p, layer, shown, dt)
        else:
            draw_plane(part, p, layer, shown, dt, k)
    flat = any(dimensions(layer_of(run, p.population)) == 3 for p in populations)
    return "Spikes in space" + ("; layers are added" if flat else "")


def available(run):
    return bool(placed(run, simulated(run)))


SPACE_PANELS = [Panel("space", space_size, available, draw_space)]


def movie_frames(run, shown):
    """What a movie shows: (population, layer, edges of time, counts [frame, cell]) of each population in a plane."""
    dt = float(run.attrs["dt"])
    frames = []
    for p in placed(run, shown):
        layer = layer_of(run, p.population)
        if dimensions(layer) > 1:
            edges = frame_edges(shown, MOST_FRAMES, dt)
            frames.append((p.population, layer, edges, counts_of(p, edges, dt)))
    if not frames:
        raise RunFileError(f"{run.filename} has no spikes of cells in a plane, so that there is nothing for a movie "
                           "(`space` of a population says where its cells are)")
    return frames


def save_movie(path, run, shown, dpi, gif, frames_per_second=20):
    """A GIF (by Pillow) or an MP4 (by ffmpeg) of the spikes of all populations that lie in a plane."""
    from matplotlib.animation import FFMpegWriter, PillowWriter
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not gif and not FFMpegWriter.isAvailable():
        raise RunFileError("an .mp4 needs ffmpeg, which is not there; write a .gif, or install it (Debian: apt install ffmpeg)")
    frames = movie_frames(run, shown)
    figure = Figure(figsize=(4.0 * len(frames), 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    all_axes = figure.subplots(1, len(frames), squeeze=False)[0]
    shows = [new_frame(axes, layer, max(int(counts.max(initial=0)), 1))[1]
             for axes, (_, layer, _, counts) in zip(all_axes, frames)]
    figure.draw_without_rendering()
    figure.set_layout_engine("none")    # it is the same for all frames
    writer = (PillowWriter if gif else FFMpegWriter)(fps=frames_per_second)
    with writer.saving(figure, path, dpi):
        for n in range(len(frames[0][2]) - 1):
            for axes, show, (population, _, edges, counts) in zip(all_axes, shows, frames):
                show(counts[n])
                axes.set_title(f"{population}, {edges[n]:g} to {edges[n + 1]:g} ms")
            writer.grab_frame()
