"""Runs of models, and the figures in what they print."""

import re


def number(pattern, text):
    found = re.search(pattern, text)
    return float(found[1].replace(",", "")) if found else None


def run_model(part, model, settings, backend, *more):
    """What a run of a model printed, or None when it failed."""
    output = part.folder / f"{model}.{backend}.h5"
    done = part.run(f"{model} on {backend}", [*part.place.run_words(model, settings, backend, output), *more])
    if output.exists():
        output.unlink()
    return done.said if done else None


def bits(said):
    """What is equal when the bits are: the digest of a simulation, or losses and accuracies of a training, as printed."""
    digest = re.search(r"^digest \w+$", said, re.M)
    if digest:
        return digest[0]
    epochs = dict(re.findall(r"^epoch (\d+)/\d+ +100 % .*?(loss .*?)  ETA", said, re.M))
    return " | ".join([*epochs.values(), *re.findall(r"^test (?:accuracy|error) .*$", said, re.M)])


def simulation(said):
    """`factor`: wall time by simulated time, whose three digits are more than those of the seconds that are told."""
    factor = number(r"\(factor ([\d.e+-]+)\)", said)
    return {"factor": factor, "seconds": factor * number(r" s for ([\d.e+-]+) s", said), "built_in": number(r"build ([\d.]+) s", said)}


def training(said):
    epochs = len(set(re.findall(r"^epoch (\d+)/", said, re.M)))
    return {"epochs": epochs, "seconds_an_epoch": number(r" train ([\d.]+) s", said) / epochs,
            "test_accuracy": number(r"test accuracy ([\d.]+) %", said)}


def synaptic_events(said):
    return number(r"([\d,]+) synaptic events", said)


def energy(said):
    """Joules of the card, and those of them that are above idle."""
    return number(r"gpu ([\d.e+-]+) J", said), number(r"gpu [\d.e+-]+ J \(([\d.e+-]+) J above idle", said)
