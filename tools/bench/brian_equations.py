#!/usr/bin/env python3
"""Brian2's examples that models/equations has too, run by Brian2: rates, and seconds of a run after a first short one. See equations.py.

    tools/bench/brian_equations.py cuba 2.0 [seed]
"""
import json
import sys
import time

import brian2
import numpy as np
from brian2 import (Hz, NeuronGroup, PoissonInput, SpikeMonitor, Synapses, defaultclock, ms, mV, nS, pF, second, seed, uS)

HH = """
dv/dt = (g_l*(e_l-v)+ge*(e_e-v)+gi*(e_i-v)-g_na*(m*m*m)*h*(v-e_na)-g_kd*(n*n*n*n)*(v-e_k))/c_m : volt
dm/dt = alpha_m*(1-m)-beta_m*m : 1
dn/dt = alpha_n*(1-n)-beta_n*n : 1
dh/dt = alpha_h*(1-h)-beta_h*h : 1
dge/dt = -ge/(5*ms) : siemens
dgi/dt = -gi/(10*ms) : siemens
alpha_m = 0.32*4/exprel((13-(v-v_t)/mV)/4)/ms : Hz
beta_m = 0.28*5/exprel(((v-v_t)/mV-40)/5)/ms : Hz
alpha_h = 0.128*exp((17-(v-v_t)/mV)/18)/ms : Hz
beta_h = 4./(1+exp((40-(v-v_t)/mV)/5))/ms : Hz
alpha_n = 0.032*5/exprel((15-(v-v_t)/mV)/5)/ms : Hz
beta_n = .5*exp((10-(v-v_t)/mV)/40)/ms : Hz
"""


def network(p, group, excitatory, inhibitory):
    """4,000 cells, of which the first 3,200 excite."""
    e = Synapses(group[:3200], group, on_pre=excitatory, delay=0.1 * ms)
    i = Synapses(group[3200:], group, on_pre=inhibitory, delay=0.1 * ms)
    e.connect(p=p)
    i.connect(p=p)
    return [e, i]


def cuba():
    group = NeuronGroup(4000, """dv/dt = (ge + gi - (v + 49*mV)) / (20*ms) : volt (unless refractory)
                                 dge/dt = -ge / (5*ms) : volt
                                 dgi/dt = -gi / (10*ms) : volt""",
                        threshold="v > -50*mV", reset="v = -60*mV", refractory=5 * ms, method="exact")
    group.v = "-60*mV + rand() * 10*mV"
    return group, network(0.02, group, "ge += 1.62*mV", "gi -= 9*mV")


def coba_hh():
    group = NeuronGroup(4000, HH, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler",
                        namespace=dict(c_m=200 * pF, g_l=10 * nS, e_l=-60 * mV, e_k=-90 * mV, e_na=50 * mV, g_na=20 * uS, g_kd=6 * uS,
                                       v_t=-63 * mV, e_e=0 * mV, e_i=-80 * mV))
    group.v = "-65*mV + randn() * 5*mV"
    group.h = 1
    group.ge = "clip(40 + 15*randn(), 0, 1000) * nS"
    group.gi = "clip(200 + 120*randn(), 0, 1000) * nS"
    return group, network(0.02, group, "ge += 6*nS", "gi += 67*nS")


def adaptive_threshold():
    group = NeuronGroup(100, "dv/dt = -v/(10*ms) : volt\ndvt/dt = (10*mV - vt)/(15*ms) : volt",
                        threshold="v > vt", reset="v = 0*mV; vt += 3*mV", method="exact")
    group.vt = 10 * mV
    return group, [PoissonInput(group, "v", 2000, 1 * Hz, 0.5 * mV)]


def if_curve():
    group = NeuronGroup(1000, "dv/dt = (v0 - v)/(10*ms) : volt (unless refractory)\nv0 : volt", threshold="v > 10*mV",
                        reset="v = 0*mV", refractory=5 * ms, method="exact")
    group.v0 = "20*mV * i / 999"
    return group, []


def phase_locking():
    group = NeuronGroup(2000, "dv/dt = (-v + 0.05*sin(2*pi*t/(20*ms)) + b)/(20*ms) : 1\nb : 1", threshold="v > 1", reset="v = 0",
                        method="euler")
    group.b = "1.1 + 0.2*rand()"
    group.v = "rand()"
    return group, []


def main():
    name, duration = sys.argv[1], float(sys.argv[2])
    brian2.prefs.codegen.target = "cython"
    defaultclock.dt = 0.1 * ms
    seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    group, others = globals()[name]()
    spikes = SpikeMonitor(group)
    net = brian2.Network(group, others, spikes)
    net.run(0.1 * ms)  # what is compiled is not timed
    before = time.perf_counter()
    net.run(duration * second)
    seconds = time.perf_counter() - before
    counts = np.bincount(np.asarray(spikes.i), minlength=len(group))
    phase = np.asarray(spikes.t / ms)
    locked = float(np.abs(np.exp(2j * np.pi * phase[phase > 500] / 20.0).mean())) if name == "phase_locking" else None
    print(json.dumps({"brian2": brian2.__version__, "seconds": seconds, "rate": float(counts.mean() / duration),
                      "counts": counts.tolist() if name == "if_curve" else None, "locked": locked}))


if __name__ == "__main__":
    main()
