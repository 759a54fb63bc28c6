#!/usr/bin/env python3
"""Makes the tables of README.md and docs/ from the measured values in tools/bench/results: what stands between
`<!-- results: NAME -->` and `<!-- end of results -->` is replaced."""

import argparse
import csv
import json
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tools" / "bench" / "results"
REGION = re.compile(r"(<!-- results: (\w+) -->\n).*?(<!-- end of results -->)", re.S)
EXAMPLE = """examples:
  tools/bench/results_tables.py            # writes the tables
  tools/bench/results_tables.py --check    # says which are not those of the measured values
"""


def read(name):
    return json.loads((RESULTS / f"{name}.json").read_text())


def table(header, rows, right=None):
    """Markdown; the columns from `right` on hold numbers."""
    right = 1 if right is None else right
    lines = [header, ["---" if k < right else "---:" for k in range(len(header))], *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def digits(value, significant):
    """As many digits as are significant, without an exponent."""
    text = f"{value:#.{significant}g}"
    return f"{float(text):.0f}" if "e+" in text else f"{value:.9f}".rstrip("0") if "e-" in text else text.rstrip(".")


def times(ratio):
    return f"{ratio:.0f} x" if ratio >= 9.95 else f"{ratio:.1f} x"


def percent(share):
    return f"{100 * share:.2f} %"


def training_speed():
    r = read("train_vs_peers_cpu")
    versions = {name: r["rounds"][name][0]["version"] for name in ("spikingjelly", "snntorch")}
    e, i, m = r["epoch_s"], r["infer_images_per_s"], r["peak_bytes"]
    names = ("snnsim", "spikingjelly", "snntorch")
    rows = [["training, s per epoch", *(f"{e[n]:.1f}" for n in names), f"{times(r['epoch_ratio_to_fastest_peer'])} faster"],
            ["inference, images per s", *(f"{i[n]:,.0f}" for n in names), f"{times(r['infer_ratio_to_fastest_peer'])} faster"],
            ["peak memory, MB", *(f"{m[n] / 1e6:.0f}" for n in names), f"{100 * r['peak_memory_share_of_leanest_peer']:.0f} %"]]
    return table([r["network"].split(",")[0], "snnsim", f"SpikingJelly {versions['spikingjelly']}",
                  f"snnTorch {versions['snntorch']}", "against the better peer"], rows)


def layers_speed():
    rows = []
    for kind, network in (("convolution", "28x28-32C3-64C3-P2-128-10, T 10"), ("recurrent", "700-256-20 recurrent, T 100")):
        r = read(f"layers_{kind}_cpu")
        samples = r["samples"] / 1000
        for name in ("spikingjelly", "snntorch"):
            rows.append([network, f"{r['rounds'][name][0]['peer']} {r['rounds'][name][0]['version']}",
                         f"{r['epoch_s']['snnsim'] / samples:.2f} s", f"{r['epoch_s'][name] / samples:.2f} s",
                         f"{times(r['epoch_ratio'][name])} faster", f"{r['peak_bytes']['snnsim'] / 1e6:.0f} and "
                         f"{r['peak_bytes'][name] / 1e6:,.0f}", f"{100 * r['peak_memory_share'][name]:.0f} %"])
    return table(["training", "beside", "snnsim, 1,000 samples", "the other", "ratio", "peak MB", "of the other's"], rows)


NETWORKS = {"cuba": "`cuba.yaml`, 4,000 cells", "brunel": "`brunel.yaml`, 15.6 million synapses",
            "microcircuit_0.2": "`microcircuit.yaml` at 0.2, 12.0 million synapses"}


def best_of_brian(case):
    return min((k for k in case["median"] if k.startswith("brian2")), key=lambda k: case["median"][k]["rtf"], default=None)


def simulation_speed():
    rows = []
    for name, case in read("engine_vs_peers_cpu")["cases"].items():
        median, brian = case["median"], best_of_brian(case)
        rows.append([NETWORKS[name], digits(median["snnsim"]["rtf"], 2),
                     f"{digits(median['nest']['rtf'], 3)} ({times(case['times_faster']['nest'])})",
                     f"{digits(median[brian]['rtf'], 3)} ({times(case['times_faster'][brian])})" if brian else "-",
                     f"{median['snnsim']['build_s']:.2f} s, {median['nest']['build_s']:.1f} s",
                     f"{median['snnsim']['peak_bytes'] / 1e6:.0f}, {median['nest']['peak_bytes'] / 1e6:.0f}"])
    return table(["wall time / simulated time", "snnsim", "NEST 3.10.0", "Brian2 2.11.0", "construction, snnsim and NEST",
                  "peak MB, snnsim and NEST"], rows)


def simulation_speed_short():
    rows = []
    for name, case in read("engine_vs_peers_cpu")["cases"].items():
        median, brian = case["median"], best_of_brian(case)
        rows.append([NETWORKS[name], digits(median["snnsim"]["rtf"], 2), digits(median["nest"]["rtf"], 3),
                     digits(median[brian]["rtf"], 3) if brian else "-"])
    return table(["wall time / simulated time", "snnsim", "NEST 3.10.0", "Brian2 2.11.0"], rows)


def mnist_stdp():
    rows = [[str(r["cells"]), str(r["seed"]), percent(r["accuracy"]), f"{r['spikes_an_image']['train']:.1f}",
             f"{r['likeness']:.2f}"] for r in read("mnist_stdp")["runs"]]
    return table(["cells", "seed", "test accuracy", "spikes an image", "cosine of a cell's weights and its class's mean image"],
                 rows, right=0)


def plasticity_speed():
    nest, brian = read("plasticity_vs_nest_cpu")["cases"]["brunel_stdp"], read("plasticity_vs_brian_cpu")["cases"]["mnist_stdp"]
    lean = read("plasticity_vs_brian_lean_cpu")["cases"]["mnist_stdp"]

    def against_brian(case):
        ours, theirs = (case["median"][case["best"][name]]["sim_s"] for name in ("snnsim", "brian2"))
        return [f"{ours:.2f} s", f"Brian2 2.11.0: {theirs:.1f} s", times(case["times_faster_both_at_their_best"])]

    return table(["", "snnsim", "the other", "faster"], [
        ["Brunel's network, STDP of 10 million synapses, 300 ms", f"{nest['median']['snnsim']['sim_s']:.1f} s",
         f"NEST 3.10.0: {nest['median']['nest']['sim_s']:.1f} s", times(nest["times_faster"])],
        ["its construction", f"{nest['median']['snnsim']['build_s']:.2f} s", f"NEST 3.10.0: {nest['median']['nest']['build_s']:.1f} s",
         times(nest["construction_times_faster"])],
        ["its peak memory, for each plastic synapse", f"{nest['peak_bytes_per_plastic_synapse']['snnsim']:.1f} bytes",
         f"NEST 3.10.0: {nest['peak_bytes_per_plastic_synapse']['nest']:.0f} bytes", "-"],
        ["200 images of `mnist_stdp.yaml`", *against_brian(brian)],
        ["the same, traces of the script by cell instead of by synapse", *against_brian(lean)]])


def thread_scaling():
    names = {"brunel": "`brunel.yaml`", "microcircuit_0.2": "`microcircuit.yaml` at 0.2"}
    rows = [[names[name], digits(c["median"]["rtf_1"], 3), digits(c["median"]["rtf_2"], 3), f"{c['median']['scaling']:.2f} x",
             f"{c['median']['ceiling']:.1f} x"] for name, c in read("thread_scaling")["cases"].items()]
    return table(["wall time / simulated time", "one thread", "two threads", "faster", "two independent processes"], rows)


def network_statistics():
    rows = []
    for name, network in read("network_statistics")["networks"].items():
        for c in network["comparison"]:
            rows.append([name, c["population"], c["quantity"], f"{digits(c['mean'], 4)} ({digits(c['sd'], 2)})",
                         f"{digits(c['reference_mean'], 4)} ({digits(c['reference_sd'], 2)})", f"{c['errors_apart']:+.1f}"])
    return table(["network", "population", "quantity", "snnsim, mean (sd)", "NEST 3.10.0, mean (sd)", "standard errors apart"],
                 rows, right=3)


def device_cost():
    rows = []
    for name, case in read("device_cost")["cases"].items():
        c, dearest = case["all"], next(iter(case["kernels"].items()))
        rows.append([name, case["per"], f"{c['launches']:.1f}", f"{c['thread_instructions'] / 1e6:,.2f} M",
                     f"{c['warp_instructions'] / 1e6:,.3f} M", f"{32e-6 * c['sectors']:,.2f} MB",
                     f"{dearest[0].replace('<', '&lt;').replace('>', '&gt;')}: {100 * dearest[1]['thread_instructions'] / c['thread_instructions']:.0f} %"])
    return table(["model", "for each", "launches", "thread-instructions", "warp-instructions", "sectors of global memory",
                  "the dearest kernel, share of thread-instructions"], rows, right=2)


def acceptance():
    rows = []
    for name, case in read("acceptance")["cases"].items():
        for q in case["quantities"]:
            if q["least"] is not None:
                limits = f"{q['least']:.4g} to {q['most']:.4g}" if q["most"] is not None else f"at least {q['least']:.4g}"
                rows.append([name, q["population"], q["quantity"], str(len(case["seeds"])), digits(q["mean"], 4), limits])
    return table(["network", "population", "quantity", "seeds", "mean", "accepted"], rows, right=3)


def configurations(name):
    """(model, setting) -> the mean of each column over the seeds, and how many those are."""
    found = {}
    with open(RESULTS / f"{name}.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["model"], row["setting"]), []).append(row)
    means = {}
    for key, rows in found.items():
        means[key] = {column: statistics.fmean(float(r[column]) for r in rows) for column in rows[0]
                      if column not in ("model", "setting", "seed", "file", "precision")}
        means[key]["seeds"] = len(rows)
    return means


ISO_NAMES = {
    "ann": "ANN, float", "ann_pruned": "ANN, pruned, float", "ann_pruned_longer": "the same, 20 epochs",
    "lif_latency_short": "LIF, latency code, 8 steps, float",
    "lif_latency_pruned": "the same, pruned", "lif_latency_pruned_longer": "the same, pruned, 20 epochs",
    "lif_latency_spines": "the same, by spines, 20 epochs", "lif_latency_nspdi": "the same, spines and products, 20 epochs",
    "lif_rate": "LIF, rate code, float", "vsn": "VSN, 256, float", "ann_int8": "ANN, int8",
    "ann_pruned_int8": "ANN, pruned, int8", "lif_latency_pruned_int8": "LIF, latency code, 8 steps, pruned, int8",
    "lif_latency": "LIF, latency code, 25 steps, float", "lif_direct": "LIF, image as current, float",
    "recurrent_lif": "recurrent adaptive LIF, rate code, 256, float",
    "modular": "the same in four modules of 64", "mixed_recurrent": "LIF and adaptive LIF, recurrent, row by row, float",
    "mixed_feedforward": "the same cells in two layers", "sparse_code": "sparse code by values, linear read-out, float",
    "sparse_code_lif": "sparse code by spikes, linear read-out, float", "dendritic": "dendritic ANN, float",
    "perforated": "perforated ANN, 3 dendrites a cell, float", "perforated_lif": "perforated LIF, 2 dendrites a cell, rate code, float"}
TARGET = 0.98


def setting_of(text):
    """What differs from the model's file, in words."""
    size, steps = re.findall(r"size=(\d+)", text), re.search(r"duration[=:] ?(\d+) ms", text)
    sparsity = re.search(r"sparsity: ([0-9.]+)", text)
    parts = [f"{' and '.join(size)} cells"] if size else []
    parts += [f"{steps[1]} steps" if steps[1] != "1" else "1 step"] if steps else []
    parts += [f"{float(sparsity[1]) * 100:.0f} % pruned"] if sparsity else []
    parts += ["rate penalty"] if "rate_penalty=[{" in text else []
    return ", ".join(parts) or "-"


def energy_at_equal_accuracy():
    means = configurations("iso_mnist")
    rows = []
    for model, name in ISO_NAMES.items():
        mine = {setting: m for (other, setting), m in means.items() if other == model}
        reached = {s: m for s, m in mine.items() if m["accuracy"] >= TARGET}
        if reached:
            setting = min(reached, key=lambda s: reached[s]["energy_in_all_uJ"])
        else:
            setting = max(mine, key=lambda s: mine[s]["accuracy"])
        m = mine[setting]
        rows.append([name, setting_of(setting), percent(m["accuracy"]) + ("" if reached else " at best"), f"{m['macs']:,.0f}",
                     f"{m['acs']:,.0f}", *(f"{digits(m[k], 3)} uJ" for k in ("energy_uJ", "energy_in_all_uJ", "dense_energy_uJ"))])
    return table(["network", "setting", "test accuracy", "MACs", "ACs", "arithmetic", "in all", "arithmetic without skipping zeros"],
                 rows, right=2)


def recurrent_networks():
    means = configurations("iso_mnist")
    names = {("recurrent_lif", "duration=25 ms"): "256 cells, all to all", ("modular", "duration=25 ms"): "4 modules of 64 cells",
             ("mixed_recurrent", ""): "120 LIF and 100 adaptive LIF, all to all", ("mixed_feedforward", ""): "the same in two layers, no loop"}
    rows = [[name, f"{m['seeds']:.0f}", percent(m["accuracy"]), f"{m['nonzero_weights']:,.0f}", f"{m['macs']:,.0f}", f"{m['acs']:,.0f}",
             f"{digits(m['energy_uJ'], 3)} uJ", f"{digits(m['energy_in_all_uJ'], 3)} uJ"] for key, name in names.items() for m in [means[key]]]
    return table(["network", "seeds", "test accuracy", "weights", "MACs", "ACs", "arithmetic", "in all"], rows)


def sparse_patches():
    r = read("sparse_coding")["patches"]
    rows = []
    for key, name in {"lasso": "LASSO, coordinate descent", "lca": "cells that send values, 300 steps", "lca_spiking": "cells that spike, 0.7 s"}.items():
        m = r[key]
        rows.append([name, f"{m['snr_db']:.2f} dB", percent(m["active"]), f"{m['kurtosis']:.0f}",
                     *(f"{m[k]:,.0f}" if k in m else "-" for k in ("macs", "acs"))])
    return table([f"{r['patches']} patches, {r['atoms']} atoms", "SNR", "active", "kurtosis", "MACs a patch", "ACs a patch"], rows)


def sparse_digits():
    r = read("sparse_coding")
    rows = [["LASSO, coordinate descent", f"{r['digits']['lasso']['snr_db']:.2f} dB", percent(r["digits"]["lasso"]["active"]), *["-"] * 5]]
    for key, name in {"sparse_code": "cells that send values, 30 steps", "sparse_code_lif": "cells that spike, 60 steps"}.items():
        m = r["digits"][key]
        mean = lambda k: statistics.mean(run[k] for run in m["runs"])  # noqa: E731, B023
        rows.append([name, f"{m['snr_db']:.2f} dB", percent(m["active"]), percent(mean("accuracy")), f"{mean('macs'):,.0f}", f"{mean('acs'):,.0f}",
                     f"{digits(mean('energy_synapses_uj'), 3)} uJ", f"{digits(mean('energy_in_all_uj'), 3)} uJ"])
    last = r["autoencoder"]["runs"][-1]
    rows.append([f"autoencoder, 784-{last['cells']}-784", f"{last['snr_db']:.2f} dB", "-", "-", f"{last['macs']:,.0f}", f"{last['acs']:,.0f}",
                 f"{digits(last['energy_synapses_uj'], 3)} uJ", f"{digits(last['energy_in_all_uj'], 3)} uJ"])
    return table([f"{r['digits']['images']} digits, {r['digits']['atoms']} atoms", "SNR", "active", "read-out", "MACs", "ACs", "arithmetic", "in all"], rows)


def dense_against_dendritic():
    rows = []
    for (model, _), m in configurations("li").items():
        rows.append([model, f"{m['seeds']:.0f}", percent(m["accuracy"]), f"{m['dense_ops']:,.0f}", f"{m['macs']:,.0f}",
                     f"{digits(m['dense_energy_uJ'], 4)} uJ", f"{digits(m['energy_uJ'], 3)} uJ"])
    return table(["network", "seeds", "test accuracy", "MACs without skipping zeros", "effective MACs",
                  "arithmetic without skipping zeros", "arithmetic"], rows)


def equations_speed():
    r = read("equations_vs_peers_cpu")
    medians = {who: r["cuba"][who]["median"] for who in ("built-in", "equations", "Brian2")}
    rows = [["`cuba.yaml`, 10 s on one thread", f"{medians['built-in']:.2f} s", f"{medians['equations']:.2f} s",
             times(medians["equations"] / medians["built-in"]), f"{medians['Brian2']:.2f} s",
             f"{times(medians['Brian2'] / medians['equations'])} slower"]]
    return table(["network", "built-in cell", "its equations", "against the built-in one", f"Brian2 {r['brian2']} (Cython)",
                  "against the equations"], rows)


def equations_rates():
    r = read("equations_vs_peers_cpu")
    means = lambda values: f"{statistics.mean(values):.2f} ({min(values):.2f} to {max(values):.2f})"  # noqa: E731
    rows = [[f"`{name}`", means(row["ours"]), means(row["Brian2"])] for name, row in r["rates"].items()]
    return table([f"models/equations, rates in Hz over {r['settings']['seeds']} seeds", "snnsim", f"Brian2 {r['brian2']}"], rows)


def space_speed():
    r = read("space")
    simulated = r["settings"]["duration"] / 1000
    rows = []
    for name, run in r["runs"].items():
        parts = run["seconds_of_parts"]
        rows.append([name, f"{run['synapses'] / 1e6:,.1f}", f"{run['seconds']:.2f} s", f"{run['seconds'] / simulated:,.1f}",
                     f"{parts.get('deliver', parts.get('delivery', 0)):.2f} s", f"{run['cell_steps_per_second'] / 1e6:.1f}",
                     f"{run['memory_mb']:,}"])
    return table([f"{1000 * simulated:g} ms on {r['settings']['threads']} threads", "million synapses", "wall time", "factor",
                  "delivery, threads together", "million cell steps a second", "peak MB"], rows)


def gain_speed():
    r = read("gain_speed")
    rows = []
    for name, run in r["runs"].items():
        rows.append([name, f"{run['cells'] / 1e6:.1f}", f"{run['synapses'] / 1e6:.1f}", f"{run['rate_hz']:.1f}", f"{run['seconds']:.2f} s",
                     f"{run['cell_steps_per_second'] / 1e6:.1f}", f"{run['seconds_of_parts']['delivery']:.2f} s", f"{run['cpu_seconds_in_all']:.1f} s",
                     f"{run['memory_mb']:,}"])
    s = r["settings"]
    return table([f"{s['side']} x {s['side']} fields, {s['duration']} ms on {s['threads']} thread{'s' * (s['threads'] > 1)}", "million cells",
                  "million synapses", "rate in Hz", "wall time", "million cell steps a second", "delivery", "processor, with building", "peak MB"], rows)


IMPORTED = {"each edge": "weight and delay of each edge", "each edge, packed": "the same, packed (gzip)", "by type": "weight and delay by type",
            "in no order": "groups in no order"}


def import_sonata():
    rows = [[IMPORTED[run["form"]], f"{run['file_bytes'] / 1e6:.0f}", f"{run['wall_seconds']:.2f} s", f"{run['processor_seconds']:.2f} s",
             f"{run['peak_bytes'] / 1e6:.0f}", f"{run['peak_of_arrays']:.2f}"] for run in read("import_sonata")["runs"]]
    return table(["10 million edges", "file, MB", "wall time", "processor", "peak MB", "of the arrays"], rows)


CIRCUITS = {"question": ("a cue and a digit in a frame", {"gated": "with gates", "ungated": "without"}),
            "routing": ("four modules and a router", {"1 of 4": "1 of 4", "2 of 4": "2 of 4", "4 of 4": "all"}),
            "feedback": ("images without their lower half", {"feedback": "with feedback", "feed-forward": "without"}),
            "recall": ("one of five patterns in 1,000 cells", {"units": "units of two states", "spiking": "spiking cells, 0.9 s"})}


def circuits_cost():
    entries = read("circuits")["entries"]
    rows = []
    for circuit, (task, arms) in CIRCUITS.items():
        for arm, name in arms.items():
            mine = [e for e in entries if e["circuit"] == circuit and e["arm"] == arm]
            mean = lambda key: statistics.mean(e[key] for e in mine)  # noqa: E731, B023
            performance = f"overlap {mean('match'):.3f}" if circuit == "recall" else percent(mean("accuracy"))
            rows.append([task, name, str(len(mine)), performance, f"{mean('acs'):,.0f}", f"{digits(mean('energy_synapses_uj'), 3)} uJ",
                         f"{digits(mean('energy_in_all_uj'), 3)} uJ", f"{mean('memory_bytes') / 1e6:.2f} MB"])
    for arm, m in read("gain_reservoir")["arms"].items():
        name = {"alone": "cells without synapses", "grid": "grid of 28 x 28, 8 neighbours", "all to all": "all to all"}[arm]
        synapses = {"alone": 0, "grid": 27 * 27 * 4 + 27 * 28 * 4, "all to all": 784 * 783}[arm]
        rows.append(["digits read out of a reservoir", name, "1", percent(m["accuracy"]), f"{m['acs']:,.0f}", f"{digits(0.9e-6 * m['acs'], 3)} uJ" if m["acs"] else "0",
                     "-", f"{4 * synapses / 1e6:.2f} MB"])
    modules = read("evolve_modules")["runs"]
    for network, name in {"modules": "64 evolved modules", "plain": "trained layers of the same sizes", "one layer": "one trained layer of 64"}.items():
        mine = [r for r in modules if r["network"] == network]
        acs = statistics.mean(r["acs"] for r in mine)
        rows.append(["MNIST, 10,000 samples", name, str(len(mine)), percent(statistics.mean(r["accuracy"] for r in mine)), f"{acs:,.0f}",
                     f"{digits(0.9e-6 * acs, 3)} uJ", "-", "-"])
    return table(["task", "circuit", "seeds", "performance", "ACs a sample", "arithmetic", "in all", "weights"], rows, right=3)


def stem_cells():
    r = read("stem")
    rows = []
    for teacher, name in {"soma": "one compartment", "cable": "six compartments"}.items():
        for student, network in {"stem": "STEM", "linear": "linear"}.items():
            mine = [e for e in r["entries"] if (e["teacher"], e["student"]) == (teacher, student)]
            mean = lambda key: statistics.mean(e[key] for e in mine)  # noqa: E731, B023
            rows.append([name, network, str(len(mine)), f"{mine[0]['weights']:,}", f"{mean('gamma'):.2f}", f"{mean('auc'):.3f}", percent(mean("rate_ratio")),
                         f"{mean('van_rossum'):.2f}", f"{r['speed'][teacher]['alone']['ratio']:.0f} x" if student == "stem" else "-"])
    return table(["teacher", "student", "seeds", "weights", "Gamma", "AUC", "rate / teacher's", "van Rossum", "speed / teacher's"], rows, right=3)


def sources():
    rows = []
    for path in sorted(RESULTS.glob("*.json")):
        r = json.loads(path.read_text())
        rows.append([f"[{path.name}](../tools/bench/results/{path.name})", r["date"], f"{r['cpu']}, {r['cores']} cores", r["snnsim"]])
    return table(["file", "measured", "on", "with"], rows, right=4)


def spread(values):
    """Of accuracies: the mean, and the worst and the best."""
    if len(values) == 1:
        return f"{100 * values[0]:.2f}"
    return f"{100 * statistics.mean(values):.2f} ({100 * min(values):.2f} - {100 * max(values):.2f})"


def learning_methods():
    r = read("methods")
    rows = []
    for name, one in r["network"].items():
        memory = r["memory"][name]
        rows.append([name, spread(one["accuracy"]), f"{one['backward_macs_per_sample'] / 1e6:.2f}", f"{one['backward_acs_per_sample'] / 1e6:.2f}",
                     f"{memory['25'] / 1e6:.0f}", f"{memory['1000'] / 1e6:.0f}"])
    return table(["784-256-10, 3 epochs", "test accuracy, %", "back, 10^6 MACs", "10^6 ACs", "memory at T 25, MB", "at T 1000, MB"], rows)


def learning_models():
    rows = [[f"[{name}.yaml](../models/methods/{name}.yaml)", percent(one["accuracy"][0])] for name, one in read("methods")["models"].items()]
    return table(["model", "test accuracy"], rows)


def perforated():
    r = read("methods")
    rows = [[name, str(one["seeds"]), spread(one["accuracy"])] for part in ("perforated", "perforated_lif") for name, one in r[part].items()]
    return table(["MNIST", "seeds", "test accuracy, %"], rows, right=1)


SPINES_NAMES = {"dense": "W x, all synapses", "spines": "W x", "products": "W x + (W x)(V x)", "events_dense": "spike times, all synapses",
                "events_spines": "spike times"}


def spines():
    """`points per 1,000`: of accuracy, by effective operations of a sample."""
    found, rows = {}, []
    with open(RESULTS / "spines.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["model"], row["setting"]), []).append({k: float(row[k]) for k in ("accuracy", "nonzero_weights", "macs", "acs")})
    for (model, setting), cells in found.items():
        mean = {key: statistics.fmean(c[key] for c in cells) for key in cells[0]}
        shift = re.search(r"shift=([0-9.]+)", setting)
        synapses = (2 if model == "products" else 1) * 784 * 256 + 256 * 10
        rows.append([SPINES_NAMES[model] + (f", shift {shift[1]}" if shift else ""), str(len(cells)), f"{100 * mean['nonzero_weights'] / synapses:.1f}",
                     spread([c["accuracy"] for c in cells]), f"{mean['macs']:,.0f}", f"{mean['acs']:,.0f}",
                     f"{1e5 * mean['accuracy'] / (mean['macs'] + mean['acs']):.2f}"])
    return table(["784-256-10, T 8", "seeds", "synapses left, %", "test accuracy, %", "MACs", "ACs", "points per 1,000"], rows)


NIR_CELLS = {"snntorch": "snnTorch", "spikingjelly": "SpikingJelly", "norse": "Norse", "sinabs": "Sinabs"}


def nir_exports():
    """Of each network and library: steps and cells of the output that differ, of all; or that it is refused."""
    libraries = read("nir_exports")["results"]

    def cell(found):
        if "refused" in found:
            return "refused"
        if "failed" in found:
            return "fails there"
        if "largest_difference" in found:
            return f"values to {found['largest_difference']:.0e}"
        return f"{found['different']:,} of {found['values']:,}"

    names = list(next(iter(libraries.values()))["networks"])
    return table(["network", *(f"{NIR_CELLS[name]} {r['versions'][name]}" for name, r in libraries.items())],
                 [[name, *(cell(r["networks"][name]) for r in libraries.values())] for name in names])


def size_text(size):
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{digits(size / factor, 2) if size < 10 * factor else format(size / factor, ',.0f')} {unit}"
    return f"{size:.0f} bytes"


def scale_memory():
    networks = read("scale")["memory"]
    names = list(dict.fromkeys(name for n in networks for name in n["each"] if name != "all"))
    rows = [[name, *(size_text(n["each"].get(name, 0.0)) for n in networks)] for name in names]
    rows.append(["all of a rank", *(size_text(n["each"]["all"]) for n in networks)])
    rows += [[f"of the first beside it: {name}", *(size_text(n["first"].get(name, 0.0)) for n in networks)]
             for name in networks[0]["first"] if name != "all"]
    for key, what in (("sent", "a rank sends, for a second of the network"), ("received", "a rank gets")):
        rows.append([what, *(size_text(n[f"{key}_bytes_per_s"]) for n in networks)])
    return table(["cells (ranks)", *(f"{n['cells']:.0e} ({n['ranks']:,})".replace("e+", "e").replace("e0", "e") for n in networks)], rows)


def scale_time():
    rows = [[f"{r['delay_ms']:g} ms", f"{r['ranks']:,}", *(f"{r[part]:.3g}" for part in
             ("own_s", "spikes_s", "exchange_s", "waiting_s", "s")), f"{r['efficiency']:.2f}",
             f"{r['exchange_only_efficiency']:.2f}"] for r in read("scale")["weak"]]
    return table(["delay", "ranks", "own cells and synapses", "spikes of all", "exchange", "waits", "all", "efficiency",
                  "of the exchange alone"], rows)


def scale_here():
    rows = [[str(r["ranks"]), f"{1e6 * r['measured_s']:.0f}", f"{1e6 * r['compute_s']:.0f}", f"{1e6 * r['exchange_s']:.1f}",
             f"{100 * r['error']:+.0f} %"] for r in read("scale")["here"]]
    return table(["ranks", "us a window, measured", "computing", "exchange", "model less measured"], rows)


def scale_collectives():
    rows = [[r["network"], f"{r['bytes']:,}", *(f"{1e6 * r[name]:,.0f}" for name in ("linear", "recursive doubling", "ring"))]
            for r in read("scale")["collectives"]]
    return table(["1,024 ranks", "bytes of each", "linear, us", "recursive doubling, us", "ring, us"], rows)


def scale_directed():
    rows = [[f"{r['ranks']:,}", f"{100 * r['hit']:.3g} %", f"{r['volume']:.2g} x", f"{100 * r['hit_of_thread']:.2g} %"]
            for r in read("scale")["directed"]]
    return table(["ranks", "spikes that find a synapse on a rank", "bytes of a directed exchange, of those of all to all",
                  "spikes that find one of a thread, of 48"], rows)


TABLES = {f.__name__: f for f in (training_speed, layers_speed, simulation_speed, simulation_speed_short, mnist_stdp, plasticity_speed,
                                  thread_scaling, network_statistics, acceptance, device_cost, energy_at_equal_accuracy,
                                  dense_against_dendritic, recurrent_networks, sparse_patches, sparse_digits, equations_speed, equations_rates, space_speed, gain_speed, import_sonata, circuits_cost,
                                  stem_cells, learning_methods, learning_models, perforated, spines, nir_exports, sources,
                                  scale_memory, scale_time, scale_here, scale_collectives, scale_directed)}


def with_tables(text, path):
    def made(match):
        if match[2] not in TABLES:
            sys.exit(f"results_tables.py: error: {path} wants a table {match[2]}; there are {', '.join(TABLES)}")
        return match[1] + TABLES[match[2]]() + match[3]

    return REGION.sub(made, text)


def main():
    parser = argparse.ArgumentParser(prog="results_tables.py", description=__doc__, epilog=EXAMPLE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 where a table is another")
    options = parser.parse_args()
    other = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        made = with_tables(text, path)
        if made != text:
            other.append(str(path.relative_to(ROOT)))
            if not options.check:
                path.write_text(made, encoding="utf-8")
    if options.check and other:
        sys.exit(f"results_tables.py: not the tables of tools/bench/results: {', '.join(other)}; run tools/bench/results_tables.py")
    print("\n".join(other) if other else "all tables are those of tools/bench/results")


if __name__ == "__main__":
    main()
