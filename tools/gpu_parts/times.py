"""Parts that time the device beside the CPU: simulations, trainings, networks that learn. Where ptxrun stands in for the device they
are rehearsed with the shortened models."""

from gpu_parts.runs import bits, run_model, simulation, synaptic_events, training as training_figures
from gpu_parts.shortened import SHORT, SIMULATIONS, TRAININGS

FACTORS = {"cuba": [], "brunel": [], "microcircuit": []}
EPOCHS = {"mnist_lif": [], "mnist_rsnn": ["train.epochs=2"], "mnist_vsn": ["train.epochs=2"], "mnist_ann": ["train.epochs=2"]}
PLASTIC = {
    "brunel_stdp": [],
    "song_abbott": ["simulate.duration=20 s"],
    "mnist_stdp": [f"simulate.phases.{k}.present.count=100" for k in range(3)],
    "stdp_window": ["simulate.duration=10 s"],
    "triplet_frequency": ["simulate.duration=5 s"],
    "inhibitory_plasticity": ["simulate.duration=5 s"],
    "stp_demo": [],
    "rstdp_conditioning": ["simulate.phases.1.present.count=100"],
}


def on_both(part, cases, figures, runs=1):
    """Figures of each model on the device, which is what is asked about, the median of its runs, then on the CPU; the same bits."""
    first = {}
    for backend in ("cuda", "cpu"):
        for model in part.chosen(cases):
            said = [run_model(part, model, cases[model], backend) for _ in range(runs if backend == "cuda" else 1)]
            if None in said:
                continue
            found = [figures(text) for text in said]
            median = {name: sorted(f[name] for f in found)[len(found) // 2] for name in found[0] if found[0][name] is not None}
            part.result(f"{model} on {backend}", **median)
            for text in said:
                if bits(text) != first.setdefault(model, bits(text)):
                    part.fail(f"{model} on {backend}: {bits(text)}, before: {first[model]}")


def factors(part):
    """Wall time for a second simulated (on the device the median of three runs); synaptic events a second."""
    cases = FACTORS if part.card.is_device else {model: SIMULATIONS[model] for model in FACTORS}
    on_both(part, cases, simulation, 3 if part.card.is_device else 1)
    for model in part.chosen(cases):
        said = run_model(part, model, cases[model], "cuda", "--profile")  # a run of its own, since counting takes time
        if said is None:
            continue
        count = synaptic_events(said)
        rates = {f"a_second_on_{backend}": count / result["seconds"] for backend in ("cuda", "cpu") for result in part.results
                 if result["what"] == f"{model} on {backend}"}
        part.result(f"{model}, synaptic events", count=int(count), **rates)


def training(part):
    """Seconds an epoch and accuracy."""
    on_both(part, EPOCHS if part.card.is_device else {model: [*TRAININGS[model], *SHORT] for model in EPOCHS}, training_figures)


def plastic(part):
    """Wall time for a second simulated of networks that learn meanwhile."""
    on_both(part, PLASTIC if part.card.is_device else {model: SIMULATIONS[model] for model in PLASTIC}, simulation)
