"""Parts that read the device's own counters: energy by NVML, kernels by Nsight Compute."""

import csv

from gpu_parts.part import Skipped
from gpu_parts.place import find_tool
from gpu_parts.runs import energy as joules_of, run_model, simulation

# Seconds of work, since NVML counts about every 0.1 s.
MEASURED = {"microcircuit": ["simulate.duration=10 s", "record=[]"], "mnist_lif": ["train.epochs=4"]}
# Launches to look at, and how many to let go by before.
PROFILED = {
    "microcircuit": (["simulate.duration=20 ms", "record=[]"], 200, 40),
    "brunel_stdp": (["simulate.duration=20 ms", "record=[]"], 200, 60),
    "mnist_lif": (["data.train_samples=1280", "data.test_samples=128", "train.epochs=1", "record=[]"], 200, 200),
}
METRICS = {
    "gpu__time_duration.sum": "microseconds",
    "smsp__thread_inst_executed.sum": "thread_instructions",
    "dram__bytes.sum": "bytes_of_memory",
    "dram__throughput.avg.pct_of_peak_sustained_elapsed": "memory_%_of_peak",
    "sm__throughput.avg.pct_of_peak_sustained_elapsed": "arithmetic_%_of_peak",
    "sm__warps_active.avg.pct_of_peak_sustained_active": "occupancy_%",
}


def energy(part):
    """Joules of the card, of whole runs, building included."""
    if not part.card.is_device:
        raise Skipped("NVML counts the energy of a device")
    if part.card.no_energy:
        raise Skipped(f"the energy of the card cannot be measured: {part.card.no_energy}")
    for model in part.chosen(MEASURED):
        said = run_model(part, model, MEASURED[model], "cuda", "--idle-baseline", "2")
        if said is None:
            continue
        joules, above_idle = joules_of(said)
        if joules is None:
            part.fail(f"{model}: the run told no energy of the card: {' | '.join(said.strip().splitlines()[-4:])}")
            continue
        part.result(model, joules=joules, above_idle=above_idle, factor=simulation(said)["factor"])


def kernels_of(text):
    """Launches and means of each kernel, the longest first, of ncu's raw CSV page: a row of names, one of units, one a launch."""
    rows = list(csv.reader(line for line in text.splitlines() if line.startswith('"')))
    launches = {}
    for row in rows[2:]:
        launch = dict(zip(rows[0], row))
        launches.setdefault(launch["Kernel Name"], []).append(launch)
    kernels = []
    for kernel, of in launches.items():
        figures = {"launches": len(of)}
        for metric, name in METRICS.items():
            values = [number(launch[metric]) for launch in of]
            if None not in values:  # not every card has every counter
                figures[name] = sum(values) / len(values) * (1e-3 if name == "microseconds" else 1.0)  # told in nanoseconds
        kernels.append((kernel, figures))
    return sorted(kernels, key=lambda kernel: -kernel[1]["launches"] * kernel[1].get("microseconds", 0.0))


def number(text):
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def profile(part):
    """Time, instructions and bytes by kernel."""
    if not part.card.is_device:
        raise Skipped("Nsight Compute reads a device's counters; of ptxrun's counts see tools/bench/device_cost")
    ncu = find_tool("ncu", "/usr/local/cuda*/bin", "/opt/nvidia/nsight-compute/*")
    if not ncu:
        raise Skipped("there is no ncu (Nsight Compute) here")
    for model in part.chosen(PROFILED):
        settings, first, count = PROFILED[model]
        log = part.folder / "ncu.csv"
        # The clocks stay as they are: others may share the card.
        done = part.call([ncu, "--clock-control", "none", "--csv", "--page", "raw", "--print-units", "base", "--force-overwrite", "--log-file", log,
                          "--metrics", ",".join(METRICS), "--launch-skip", first, "--launch-count", count,
                          *part.place.run_words(model, settings, "cuda", part.folder / "profiled.h5")])
        text = log.read_text(errors="replace") if log.exists() else ""
        kernels = kernels_of(text)
        if not kernels:
            told = [line for line in (text + done.said).splitlines() if "==ERROR==" in line or "Failed" in line]
            raise Skipped(f"ncu does not work here: {' | '.join(told or done.said.strip().splitlines()[-4:])}")
        for name, figures in kernels:
            part.result(f"{model}: {name.partition('(')[0]}", **figures)
