"""Prints the numbers of receptor_cells_golden.hpp: NEST 3.10.0 (pip install nest-simulator==3.10.0), 0.1 ms.

What arrives is sent by spike generators with a delay of 1 ms, so that it arrives 1 ms after the times below."""

import nest
import numpy as np


def line(name, values):
    print(f"{name}: {{{', '.join(f'{x:.7g}' for x in values)}}}")


def start(model, **parameters):
    nest.ResetKernel()
    nest.resolution = 0.1
    return nest.Create(model, params=parameters)


def send(cell, receptor, times, weight):
    generator = nest.Create("spike_generator", params={"spike_times": times})
    nest.Connect(generator, cell, syn_spec={"receptor_type": receptor, "weight": weight, "delay": 1.0})


def record(cell, names, until, every):
    meter = nest.Create("multimeter", params={"record_from": names, "interval": 0.1})
    nest.Connect(meter, cell)
    spikes = nest.Create("spike_recorder")
    nest.Connect(cell, spikes)
    nest.Simulate(until + 0.1)
    at = np.arange(every - 1, round(until * 10), every)
    for name in names:
        line(name, meter.events[name][at])
    line("spikes", np.round(spikes.events["times"] * 10))


# Without its own currents ht_neuron is a membrane of 16 pF with a leak of 1.2 nS to -70 mV.
cell = start("ht_neuron", g_peak_h=0, g_peak_T=0, g_peak_NaP=0, g_peak_KNa=0, theta_eq=100.0, V_m=-70.0, V_act_NMDA=-20.53,
             S_act_NMDA=1 / 16.13, instant_unblock_NMDA=True, g_peak_AMPA=1.0, g_peak_NMDA=1.0, g_peak_GABA_A=1.0, g_peak_GABA_B=1.0)
for receptor, times, weight in ((1, [5.0, 30.0], 0.6), (2, [10.0, 12.0, 60.0], 1.5), (3, [40.0], 0.4), (4, [50.0, 55.0], 0.3)):
    send(cell, receptor, times, weight)
record(cell, ["V_m"], 300.0, 100)

for level, (spike, currents, voltage) in enumerate(((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (1, 1, 1)), 1):
    print("glif", level)
    cell = start("glif_psc", spike_dependent_threshold=bool(spike), after_spike_currents=bool(currents), adapting_threshold=bool(voltage),
                 tau_syn=[2.0, 5.5, 2.8, 5.8])
    nest.Connect(nest.Create("dc_generator", params={"amplitude": 400.0}), cell, syn_spec={"delay": 1.0})
    for receptor, times, weight in ((1, [20.0, 25.0, 200.0], 80), (2, [40.0, 150.0], 60), (3, [60.0, 210.0], -90), (4, [300.0, 305.0], 70)):
        send(cell, receptor, times, weight)
    record(cell, ["V_m", "threshold"], 400.0, 200)

cell = start("pp_cond_exp_mc_urbanczik", phi_max=0.0, g_ps=50.0, soma={"I_e": 30.0},
             dendritic={"C_m": 250.0, "g_L": 20.0, "tau_syn_ex": 2.0, "tau_syn_in": 4.0})
for receptor, times, weight in ((1, [5.0, 30.0], 20), (2, [10.0, 12.0], 15), (3, [20.0, 40.0], 300), (4, [50.0, 52.0], 200)):
    send(cell, receptor, times, weight)
record(cell, ["V_m.s", "V_m.p"], 80.0, 40)

for level, (spike, currents, voltage) in enumerate(((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (1, 1, 1)), 1):
    print("glif with conductances", level)
    cell = start("glif_cond", spike_dependent_threshold=bool(spike), after_spike_currents=bool(currents), adapting_threshold=bool(voltage),
                 tau_syn=[0.2, 2.0, 5.5, 2.8], E_rev=[0.0, -85.0, -20.0, -70.0])
    nest.Connect(nest.Create("dc_generator", params={"amplitude": 400.0}), cell, syn_spec={"delay": 1.0})
    for receptor, times, weight in ((1, [20.0, 25.0, 200.0], 9), (2, [40.0, 150.0], 5), (3, [60.0, 210.0], 4), (4, [300.0, 305.0], 7)):
        send(cell, receptor, times, weight)
    record(cell, ["V_m", "threshold"], 400.0, 200)

# NMDA receptors that saturate: a cell sends the jumps of its s_NMDA as offsets of its spikes, which is why a recorder has wrong times.
# The steps are those in which what arrives jumps, less the delay.
parameters = {"C_m": 500.0, "g_L": 25.0, "V_th": -50.0, "V_reset": -55.0, "t_ref": 2.0, "gsl_error_tol": 1e-9}
for model in ("iaf_bw_2001", "iaf_bw_2001_exact"):
    print(model)
    source = start(model, **parameters)
    cell = nest.Create(model, params={**parameters, "V_th": 1000.0})
    send(source, 1, [10.0, 20.0, 23.0, 26.0, 60.0, 100.0, 102.5, 105.0, 200.0], 2500.0)
    nest.Connect(source, cell, syn_spec={"receptor_type": 3, "weight": 20.0, "delay": 1.0})
    send(cell, 1, [30.0, 120.0], 60.0)
    send(cell, 2, [70.0, 150.0], 40.0)
    meter = nest.Create("multimeter", params={"record_from": ["V_m", "s_NMDA"], "interval": 0.1})
    nest.Connect(meter, cell)
    nest.Simulate(300.1)
    at = np.arange(99, 3000, 100)
    line("V_m", meter.events["V_m"][at])
    line("s_NMDA", meter.events["s_NMDA"][at])
    line("sent", np.round(meter.events["times"][1:][np.diff(meter.events["s_NMDA"]) > 0.3] * 10 - 10))
