#!/usr/bin/env python3
"""A state of the network of models/brunel.yaml in NEST; prints rate, CV of the intervals and synchrony of E and I as JSON, with
--stdp (synapses between E cells are stdp_synapse) their number and the mean weight of those onto 100 cells too."""
import argparse
import json

import nest
import numpy as np

DT = 0.1  # ms


def quantities(steps, senders, size, first, last, width):
    """As `snnsim stats` defines them; steps in (first, last], bins of so many."""
    inside = (steps > first) & (steps <= last)
    steps, senders = steps[inside], senders[inside]
    cvs = []
    for cell in np.unique(senders):
        intervals = np.diff(np.sort(steps[senders == cell]))
        if len(intervals) >= 4:
            cvs.append(intervals.std() / intervals.mean())
    bins = (last - first) // width
    counts = np.bincount((steps - first - 1) // width, minlength=bins)[:bins]
    return {"rate_hz": len(steps) / size / ((last - first) * DT * 1e-3), "cv_isi": float(np.mean(cvs)) if cvs else None,
            "synchrony": float(counts.var() / counts.mean())}


parser = argparse.ArgumentParser(description=__doc__)
for name, value in (("g", 5.0), ("eta", 2.0), ("from-ms", 100.0), ("to-ms", 400.0), ("bin-ms", 3.0)):
    parser.add_argument(f"--{name}", type=float, default=value)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--stdp", action="store_true")
args = parser.parse_args()

nest.set_verbosity("M_ERROR")
nest.SetKernelStatus({"resolution": DT, "rng_seed": args.seed, "local_num_threads": args.threads})
neuron = dict(C_m=1.0, tau_m=20.0, t_ref=2.0, E_L=0.0, V_reset=10.0, V_m=0.0, V_th=20.0)
populations = {"E": nest.Create("iaf_psc_delta", 10000, neuron), "I": nest.Create("iaf_psc_delta", 2500, neuron)}
everybody = populations["E"] + populations["I"]
noise = nest.Create("poisson_generator", params={"rate": args.eta * 10000.0})
nest.Connect(noise, everybody, syn_spec={"weight": 0.1, "delay": DT})
for source, weight in (("E", 0.1), ("I", -0.1 * args.g)):
    for target in populations if args.stdp else ["all"]:
        synapse = {"weight": weight, "delay": 1.5}
        if args.stdp and source == target == "E":
            synapse |= {"synapse_model": "stdp_synapse", "tau_plus": 20.0, "lambda": 0.001, "alpha": 1.05, "mu_plus": 0.0,
                        "mu_minus": 0.0, "Wmax": 0.2}
        nest.Connect(populations[source], populations.get(target, everybody), {"rule": "pairwise_bernoulli", "p": 0.1}, synapse)
recorders = {}
for name, cells in populations.items():
    recorders[name] = nest.Create("spike_recorder", params={"start": args.from_ms})
    nest.Connect(cells, recorders[name])
nest.Simulate(args.to_ms)
out = {"version": nest.__version__}
for name, recorder in recorders.items():
    events = recorder.get("events")
    out[name] = quantities(np.rint(events["times"] / DT).astype(int), events["senders"], len(populations[name]),
                           round(args.from_ms / DT), round(args.to_ms / DT), round(args.bin_ms / DT))
if args.stdp:
    out["plastic_synapses"] = nest.GetDefaults("stdp_synapse")["num_connections"]
    some = nest.GetConnections(target=populations["E"][:100], synapse_model="stdp_synapse")
    out["mean_weight_mv"] = float(np.mean(some.get("weight")))
print(json.dumps(out))
