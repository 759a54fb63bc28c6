"""The shipped models, shortened: what a check of bits runs, on a device and where ptxrun stands in for one."""

# Of every shipped simulation all of it, or as much as makes its cells fire and its weights change.
SIMULATIONS = {
    "adex_patterns": [],
    "astrocytes": ["simulate.duration=60 ms", "populations.E.i_e=300 pA", "populations.E.space.grid=[16, 10]", "populations.I.space.grid=[8, 5]",
                   "populations.glia.space.grid=[16, 10]", "populations.glia.initial={c: 0.49, ip3: 0.9, h: 0.8}"],
    "brunel": ["simulate.duration=20 ms"],
    "brunel_stdp": ["simulate.duration=15 ms", "populations.E.size=4000", "projections.0.connect.n=400",
                    "projections.1.connect.n=400", "stimuli.0.rate=40 kHz", "stimuli.1.rate=40 kHz",
                    "record=[{population: E, what: spikes}, {population: E, what: rate, interval: 5 ms},"
                    " {projection: E_to_E, what: weight, interval: 5 ms},"
                    " {projection: E_to_E, what: weight_histogram, bins: 20, interval: 5 ms}]"],
    "brunel_wang": ["simulate.duration=20 ms", "populations.A.size=24", "populations.B.size=24", "populations.N.size=112",
                    "populations.I.size=40"],
    "clopath": ["simulate.duration=140 ms"],
    "coba": ["simulate.duration=40 ms"],
    "cuba": ["simulate.duration=40 ms"],
    "grid_waves": ["simulate.duration=40 ms", "populations.E.space.grid=[16, 16]", "populations.E.space.extent=[16, 16]"],
    "fi_curve": [],
    "gap_junctions": ["simulate.duration=60 ms"],
    "inhibitory_plasticity": ["simulate.duration=60 ms", "record.1.interval=10 ms", "record.2.interval=20 ms"],
    "izhikevich_1000": [],
    "izhikevich_patterns": [],
    "microcircuit": ["simulate.duration=20 ms", "scale.neurons=0.05", "scale.in_degrees=0.05"],
    "mnist_stdp": ["parameters.n=20",
                   *(f"simulate.phases.{k}.present.{setting}" for k in range(3) for setting in (
                       "count=1", "duration=20 ms", "rest=5 ms", "repeat={population: E, below: 5, add: 400 Hz, at_most: 2}")),
                   "simulate.phases.0.present.count=2", "simulate.phases.0.present.running=1"],
    "rstdp_conditioning": ["simulate.phases.0.duration=50 ms", "simulate.phases.1.present.count=3",
                           "simulate.phases.1.present.reward.delay=20 ms"],
    "song_abbott": ["simulate.duration=100 ms", "record.0.interval=20 ms", "record.1.interval=20 ms"],
    "stdp_window": ["simulate.duration=160 ms", "record=[{population: source, what: spikes}, {population: target, what: spikes},"
                    " {projection: synapse, what: weight, synapses: [[3, 3], [60, 60], [100, 100]]}]"],
    "stp_demo": ["simulate.duration=60 ms"],
    "triplet_frequency": ["simulate.duration=100 ms"],
}
SHORT = ["data.train_samples=40", "data.test_samples=20", "train.epochs=2", "train.batch=16"]
LAYER = "populations.hidden.size=24"
CHANNELS = ["projections.0.connect.channels=4", "projections.1.connect.channels=6"]
# Of every shipped training, a few batches of a smaller network.
TRAININGS = {
    "burgers_ann": [*(f"populations.branch{k}.size=20" for k in range(1, 5))],
    "burgers_vsn": [*(f"populations.branch{k}.size=20" for k in range(1, 5))],
    "cifar10_dvs_conv": [*CHANNELS, "projections.3.connect.channels=6", LAYER, "data.encode.duration=100 ms", "train.validation=0.25"],
    "dvs_gesture_conv": [*CHANNELS[:1], "projections.2.connect.channels=6", LAYER, "data.encode.duration=75 ms", "train.validation=0.25"],
    "fashion_conv": [*CHANNELS[:1], "projections.2.connect.channels=6", LAYER, "data.encode.duration=3 ms"],
    "fashion_lif": [LAYER, "data.encode.duration=6 ms"],
    "itd_delays": [LAYER, "data.encode.duration=2 ms"],
    "li_dendritic": [],
    "li_standard": ["populations.first.size=32", "populations.second.size=16"],
    "mnist_ann": [LAYER],
    "mnist_conv": [*CHANNELS[:1], "projections.2.connect.channels=6", "data.encode.duration=3 ms"],
    "mnist_ei": ["populations.E.size=24", "populations.I.size=12", "data.encode.duration=8 ms"],
    "mnist_lif": [LAYER, "data.encode.duration=6 ms"],
    "mnist_lif_latency": [LAYER, "data.encode.t_max=5 ms", "data.encode.duration=6 ms"],
    "mnist_pixels": ["populations.hidden.size=16", "populations.top.size=16", "populations.input.size=4", "data.encode.duration=196 ms"],
    "mnist_rows": [LAYER],
    "mnist_plif": [LAYER, "data.encode.duration=6 ms"],
    "mnist_rsnn": [LAYER, "data.encode.duration=6 ms"],
    "mnist_vsn": [LAYER],
    "nmnist_conv": [*CHANNELS[:1], "projections.2.connect.channels=6", "data.encode.duration=40 ms"],
    "order_delays": [LAYER, "data.encode.duration=30 ms"],
    "shd_delays": ["populations.first.size=16", "populations.second.size=16", "data.encode.duration=300 ms", "train.validation=0.25"],
    "shd_rsnn": [LAYER, "data.encode.duration=140 ms", "data.augment.drop=0.1", "train.validation=0.25"],
    "sine_ann": [], "sine_lif": [], "sine_vsn": [],
}
