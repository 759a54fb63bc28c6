#!/usr/bin/env python3
"""The network of models/mnist_stdp.yaml (Diehl & Cook 2015) in Brian2, C++ standalone; prints one JSON line.

    tools/bench/brian_mnist_stdp.py --mnist FOLDER --images 200 --openmp 0

Each image is shown once, for 350 ms, then 150 ms of rest. The program is compiled once and its own clock is read: sim_s is
the simulation, build_s the rest of the program's time, compile_s and python_s (Brian2's code generation) come on top.
"""
import argparse
import json
import os
import shutil
import tempfile
import time

import brian2 as b2
import numpy as np
from brian2 import Clock, NeuronGroup, PoissonGroup, SpikeMonitor, Synapses, TimedArray, ms

IMAGE_MS, REST_MS, PIECE_MS = 350, 150, 50
PERIOD_MS = IMAGE_MS + REST_MS

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--mnist", required=True, help="folder with the idx files")
parser.add_argument("--images", type=int, default=200, help="training images (%(default)s)")
parser.add_argument("--cells", type=int, default=400)
parser.add_argument("--openmp", type=int, default=0, help="threads; 0: built without OpenMP")
parser.add_argument("--traces", choices=["per_synapse", "lean"], default="lean",
                    help="per_synapse: three event-driven variables of each synapse, as Brian2's examples write STDP; lean: those "
                         "of the target in its cell, and the time of the last arrival in place of the source's")
parser.add_argument("--seed", type=int, default=1)
args = parser.parse_args()

started = time.perf_counter()
b2.set_device("cpp_standalone", build_on_run=False)
b2.prefs.devices.cpp_standalone.openmp_threads = args.openmp
b2.BrianLogger.suppress_name("base")
b2.seed(args.seed)
b2.defaultclock.dt = 0.5 * ms

with open(os.path.join(args.mnist, "train-images-idx3-ubyte"), "rb") as file:
    pixels = np.frombuffer(file.read(16 + 784 * args.images), np.uint8, offset=16).reshape(args.images, 784)
pieces = np.zeros((args.images, PERIOD_MS // PIECE_MS, 784))
pieces[:, :IMAGE_MS // PIECE_MS] = pixels[:, None] / 4.0
rates_of_images = TimedArray(pieces.reshape(-1, 784) * b2.Hz, dt=PIECE_MS * ms)
images = PoissonGroup(784, rates=0 * b2.Hz)
images.run_regularly("rates = rates_of_images(t, i)", dt=PIECE_MS * ms)

# The traces of the target are set after on_post has read them: the slot `resets` comes after `synapses`.
lean = args.traces == "lean"
excitatory = NeuronGroup(args.cells, f"""
    dv/dt = ((-65*mV - v) + g_ex*(0*mV - v) + g_in*(-100*mV - v)) / (100*ms) : volt (unless refractory)
    dg_ex/dt = -g_ex / (1*ms) : 1
    dg_in/dt = -g_in / (2*ms) : 1
    dtheta/dt = -theta / (1e7*ms) : volt
    {'''dpost1/dt = -post1 / (20*ms) : 1
    dpost2/dt = -post2 / (40*ms) : 1''' if lean else ''}
    incoming : 1""", threshold="v > theta - 20*mV - 52*mV", refractory=5 * ms, method="exponential_euler",
                         reset="v = -65*mV\ntheta += 0.05*mV" + ("\npost1 = 1\npost2 = 1" if lean else ""))
excitatory.v, excitatory.theta = -105 * b2.mV, 20 * b2.mV
inhibitory = NeuronGroup(args.cells, """
    dv/dt = ((-60*mV - v) + g_ex*(0*mV - v) + g_in*(-85*mV - v)) / (10*ms) : volt (unless refractory)
    dg_ex/dt = -g_ex / (1*ms) : 1
    dg_in/dt = -g_in / (2*ms) : 1""", threshold="v > -40*mV", reset="v = -45*mV", refractory=2 * ms, method="exponential_euler")
inhibitory.v = -100 * b2.mV

if lean:
    plastic = Synapses(images, excitatory, """w : 1
                                              arrived : second
                                              incoming_post = w : 1 (summed)""",
                       on_pre="""g_ex_post += w
                                 arrived = t
                                 w = clip(w - 0.0001*post1_post, 0, 1)""",
                       on_post="w = clip(w + 0.01*exp((arrived - t) / (20*ms))*post2_post, 0, 1)")
else:
    plastic = Synapses(images, excitatory, """w : 1
                                              dpre/dt = -pre / (20*ms) : 1 (event-driven)
                                              dpost1/dt = -post1 / (20*ms) : 1 (event-driven)
                                              dpost2/dt = -post2 / (40*ms) : 1 (event-driven)
                                              incoming_post = w : 1 (summed)""",
                       on_pre="""g_ex_post += w
                                 pre = 1
                                 w = clip(w - 0.0001*post1, 0, 1)""",
                       on_post="""w = clip(w + 0.01*pre*post2, 0, 1)
                                  post1 = 1
                                  post2 = 1""")
plastic.connect()
plastic.w = "0.3*rand() + 0.003"
plastic.pre.delay = "rand()*10*ms"
if lean:
    plastic.arrived = -1e6 * ms
# Before each image; by default the sum would be taken in every step.
plastic.summed_updaters["incoming_post"]._clock = Clock(dt=PERIOD_MS * ms, name="before_images")
plastic.run_regularly("w = clip(w*78 / incoming_post, 0, 1)", dt=PERIOD_MS * ms, when="after_groups")

drive = Synapses(excitatory, inhibitory, on_pre="g_ex_post += 10.4", delay=0.5 * ms)
drive.connect(j="i")
inhibit = Synapses(inhibitory, excitatory, on_pre="g_in_post += 17", delay=0.5 * ms)
inhibit.connect(condition="i != j")

monitors = {"input": SpikeMonitor(images, record=False), "E": SpikeMonitor(excitatory, record=False),
            "I": SpikeMonitor(inhibitory, record=False)}
network = b2.Network(b2.collect(), monitors.values())
network.run(args.images * PERIOD_MS * ms)
python_s = time.perf_counter() - started

folder = tempfile.mkdtemp(prefix="brian_mnist_stdp_")
try:
    started = time.perf_counter()
    b2.device.build(directory=folder, compile=True, run=False)
    compile_s = time.perf_counter() - started
    started = time.perf_counter()
    b2.device.run(folder, with_output=False, run_args=[])
    wall = time.perf_counter() - started
    with open(os.path.join(folder, "results", "last_run_info.txt"), encoding="utf-8") as file:
        sim_s = float(file.read().split()[0])
    weights = np.asarray(plastic.w[:]).reshape(784, args.cells)
    result = {"version": b2.__version__, "openmp": args.openmp, "traces": args.traces, "python_s": python_s,
              "compile_s": compile_s, "build_s": wall - sim_s, "sim_s": sim_s,
              "spikes": {name: int(monitor.num_spikes) for name, monitor in monitors.items()},
              "weights_per_cell": float(weights.sum(axis=0).mean()), "theta_mv": float(np.mean(excitatory.theta / b2.mV))}
finally:
    shutil.rmtree(folder, ignore_errors=True)
print(json.dumps(result))
