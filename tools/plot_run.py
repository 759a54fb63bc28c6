#!/usr/bin/env python3
"""Draws a run file of snnsim. Of a training: rasters, rates, curves, confusion matrix, weights, membrane traces. Of a
simulation: raster, rates over time, rates and irregularity of the cells, traces of recorded states, and of weights that
change receptive fields, histograms over time, single synapses."""

import argparse
import base64
import html
import io
import os
import re
import signal
import sys

# Beside tools/ in the source tree, and where it is installed.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), os.pardir, "python"))

try:
    from matplotlib import rcParams
    from matplotlib.backends.backend_pdf import PdfPages

    from snnsim.figures.pictures import draw_all, draw_one, panels_of, part_of
    from snnsim.figures.run_file import RunFileError, is_simulation, open_run, simulated, spikes_between, title_of
    from snnsim.figures.space import save_movie
    from snnsim.figures.whole_file import whole_file
except ImportError as error:
    sys.exit(f"plot_run.py: error: {error}; it needs h5py, numpy and matplotlib "
             "(Debian: apt install python3-h5py python3-matplotlib)")

EXAMPLE = """examples:
  tools/plot_run.py runs/mnist_lif.h5                  # writes runs/mnist_lif.png
  tools/plot_run.py runs/mnist_lif.h5 -o report.html   # one page that needs no other file
  tools/plot_run.py runs/mnist_lif.h5 -o run.pdf       # a page a picture
  tools/plot_run.py runs/mnist_lif.h5 -o pictures/     # one file a picture: PNG, or --format svg or pdf
  tools/plot_run.py runs/grid_waves.h5 -o waves.gif     # a movie of cells in space (.mp4 where ffmpeg is)
  tools/plot_run.py runs/brunel.h5 --from '500 ms' --to '0.7 s'    # of a simulation, 200 ms
"""
FORMATS = ("png", "pdf", "svg")
UNDATED = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}    # the same run, the same file
# What h5py and numpy raise where data are damaged or of another kind than they should be.
DAMAGE = (RuntimeError, ValueError, TypeError, AttributeError, IndexError, ArithmeticError, MemoryError)


def save_all(path, panels, run, shown, options):
    """All panels, one below the other."""
    figure = draw_all(panels, run, shown)
    kind = os.path.splitext(path)[1][1:].lower()
    with whole_file(path) as part:
        figure.savefig(part, format=kind, dpi=options.dpi, metadata=UNDATED[kind])


def save_pages(path, panels, run, shown, options):
    book = io.BytesIO()    # PdfPages writes once more when a disk is full
    with PdfPages(book, metadata=UNDATED["pdf"]) as pages:
        for panel in panels:
            pages.savefig(draw_one(panel, run, shown), dpi=options.dpi)
    with whole_file(path) as part, open(part, "wb") as file:
        file.write(book.getvalue())


def save_folder(path, panels, run, shown, options):
    os.makedirs(path, exist_ok=True)
    for panel in panels:
        with whole_file(os.path.join(path, f"{panel.name}.{options.format}")) as part:
            draw_one(panel, run, shown).savefig(part, format=options.format, dpi=options.dpi,
                                                metadata=UNDATED[options.format])


def save_frames(path, panels, run, shown, options):
    """The movie of a simulation in space."""
    if not is_simulation(run):
        raise RunFileError(f"{options.run} is no simulation; a movie shows the spikes of one")
    with whole_file(path) as part:
        save_movie(part, run, shown, options.dpi, path.lower().endswith(".gif"))


def table(rows):
    cells = "".join(f"<tr><th>{html.escape(str(k))}</th><td>{html.escape(str(v))}</td></tr>" for k, v in rows)
    return f"<table>{cells}</table>"


def provenance(run):
    """Where the run comes from, as (name, value); the model text has a place of its own."""
    rows = []
    for name in sorted(run.attrs):
        if name in ("model", "magic", "version") or name.endswith("_units"):
            continue
        value = run.attrs[name]
        text = ", ".join(map(str, value)) if getattr(value, "ndim", 0) else str(value)
        rows.append((name, f"{text} {run.attrs.get(name + '_units', '')}".strip()))
    return rows


def results(run):
    rows = [(f"test {name}", f"{run['test'].attrs[name]:g}") for name in ("accuracy", "error", "loss", "samples")
            if "test" in run and name in run["test"].attrs]
    samples = max(int(run["energy/test"].attrs["samples"]), 1) if "energy/test" in run else 1
    for name, group in run.get("energy/test/forward", {}).items():
        parts = ", ".join(f"{group.attrs[kind] / samples:.0f} {kind}" for kind in ("dense", "macs", "acs"))
        rows.append((f"{name}, operations a sample", parts))
    if is_simulation(run):
        time = simulated(run)
        for s in spikes_between(run, time):
            hertz = len(s.time) / (s.cells * (time.stop - time.start)) * 1000.0
            rows.append((s.population, f"{len(s.time)} spikes of {s.cells} cells, {hertz:.3f} Hz"))
    rows += [("warning", text) for text in run.attrs.get("warnings", [])]
    rows += [(f"{name}, time", f"{seconds[0]:.2f} s") for name, seconds in run.get("profile", {}).items()]
    return rows + measured_energy(run)


def measured_energy(run):
    """What each domain took in each phase, or why that is not known."""
    rows = []
    for phase, domains in run.get("energy/measured", {}).items():
        for domain, group in domains.items():
            joules, reason = (group.attrs.get(f"joules{end}") for end in ("", "_unavailable"))
            rows.append((f"{phase}, energy of {domain}", f"unavailable: {reason}" if joules is None else f"{joules:.4g} J"))
    return rows


def save_html(path, panels, run, shown, options):
    name = html.escape(str(run.attrs["model_name"]))
    body = [f"<h1>{name}</h1>", f"<p>{html.escape(title_of(run))}</p>", table(results(run))]
    for panel in panels:
        picture = io.BytesIO()
        draw_one(panel, run, shown).savefig(picture, format="png", dpi=options.dpi)
        data = base64.b64encode(picture.getvalue()).decode("ascii")
        body.append(f'<h2>{panel.name}</h2><img alt="{panel.name}" src="data:image/png;base64,{data}">')
    body += ["<h2>provenance</h2>", table(provenance(run)),
             f"<details><summary>model file</summary><pre>{html.escape(str(run.attrs['model']))}</pre></details>"]
    style = ("body{font-family:sans-serif;max-width:75em;margin:auto;padding:1em}img{max-width:100%}"
             "th{text-align:left;padding-right:1em;font-weight:normal;color:#555}pre{background:#f4f4f4;padding:1em}")
    with whole_file(path) as part, open(part, "w", encoding="utf-8") as page:
        page.write(f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
                   f"<style>{style}</style></head><body>{''.join(body)}</body></html>\n")


def writer_of(output):
    """The function that writes what the name asks for; None when it asks for something else."""
    extension = os.path.splitext(output)[1].lower()
    if output.endswith(os.sep) or os.path.isdir(output) or not extension:
        return save_folder
    return {".png": save_all, ".svg": save_all, ".pdf": save_pages, ".html": save_html, ".htm": save_html,
            ".gif": save_frames, ".mp4": save_frames}.get(extension)


def milliseconds(text):
    """"200 ms" or "0.2 s", as in models."""
    for unit, factor in (("ms", 1.0), ("s", 1000.0)):
        if text.endswith(unit):
            return float(text[:-len(unit)]) * factor
    raise ValueError


def part_shown(run, options):
    """What the pictures show: of a training so many trials, of a simulation a stretch of time."""
    if is_simulation(run):
        return part_of(run, options.start, options.stop)
    if options.start is not None or options.stop is not None:
        raise RunFileError(f"{options.run} is no simulation: --trials says how much is shown, not --from and --to")
    return options.trials


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(prog="plot_run.py", description=__doc__, epilog=EXAMPLE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="run file (.h5)")
    parser.add_argument("-o", "--output", help="what to write: x.png or x.svg with all pictures, x.pdf with a page for "
                        "each, x.html, x.gif or x.mp4 for a movie of cells in space, or a folder for one file a picture; default: the "
                        "run file's name with .png")
    parser.add_argument("--format", choices=FORMATS, default="png", help="of the files in a folder (%(default)s)")
    parser.add_argument("--trials", type=int, default=10, help="of a training: samples shown in rasters and traces "
                        "(%(default)s)")
    parser.add_argument("--from", type=milliseconds, dest="start", metavar="TIME",
                        help="of a simulation: show from here on, e.g. '500 ms' (its start)")
    parser.add_argument("--to", type=milliseconds, dest="stop", metavar="TIME", help="show up to here (its end)")
    parser.add_argument("--debug", action="store_true", help="on an error that no message foresaw, show where it occurred")
    parser.add_argument("--dpi", type=int, default=100, help="resolution (%(default)s)")
    options = parser.parse_args(arguments)
    if options.trials < 1 or options.dpi < 1:
        parser.error("--trials and --dpi must be at least 1")
    options.output = options.output or os.path.splitext(options.run)[0] + ".png"
    options.write = writer_of(options.output)
    if options.write is None:
        parser.error(f"-o {options.output}: name a .png, .svg, .pdf, .html, .gif, .mp4 or a folder")
    return options


def missing(error):
    """What h5py did not find, by name where it tells it."""
    text = str(error.args[0]) if error.args else ""
    told = re.search(r"(object|attribute:?) '(.+?)'", text)
    if told:
        return f"{'the attribute ' if told[1] != 'object' else ''}'{told[2]}' is missing"
    return "a group or data set is missing" if " " in text or not text else f"'{text}' is missing"


def writing_failed(error, output):
    return f"cannot write {error.filename or output}: {error.strerror}"


def main():
    """Draws in a process of its own: the HDF5 library may crash on a damaged file, and that, too, is told in one line."""
    options = parse_arguments(None)
    child = os.fork()
    if child == 0:
        return draw(options)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status < 0:
        sys.exit(f"plot_run.py: error: {options.run} could not be drawn: {signal.strsignal(-status)}; the file may be damaged")
    sys.exit(status)


def draw(options):
    rcParams.update({"svg.hashsalt": "snnsim", "axes.titlesize": 9})
    try:
        with open_run(options.run) as run:
            shown = part_shown(run, options)
            options.write(options.output, panels_of(run), run, shown, options)
    except RunFileError as e:
        sys.exit(f"plot_run.py: error: {e}")
    except (KeyError, OSError, *DAMAGE) as e:
        if isinstance(e, OSError) and e.strerror:    # not of h5py's, which reads
            sys.exit(f"plot_run.py: error: {writing_failed(e, options.output)}")
        if options.debug:
            raise
        if isinstance(e, KeyError):
            sys.exit(f"plot_run.py: error: {options.run} is incomplete: {missing(e)}")
        sys.exit(f"plot_run.py: error: {options.run} is damaged, or of a version that this program does not know "
                 "(--debug shows where)")
    print(options.output)


if __name__ == "__main__":
    main()
