#!/usr/bin/env python3
"""Measures what ranks take and wait for, for the model of docs/scale.md (tools/bench/scale_model.py).

    ninja -C build snnsim_bench_exchange
    tools/bench/exchange.py --program build/snnsim_bench_exchange --snnsim build/snnsim -o tools/bench/results/exchange.json [gather windows dry]

gather: an exchange alone on 2 to 8 ranks of mpirun, by the bytes that each rank gives. windows: a small network on 1 to 8 ranks, and
beside it what one rank of as many takes alone (--pretend). dry: one rank of 1 to 1,024, which holds 1e8 synapses from all the network's
sources and gets the spikes of all of them, made up beforehand; CPU time, so that other programs on the machine matter little. A part
of an older file stays, unless it is measured again.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

from network_statistics import machine

RANKS = (2, 3, 4, 6, 8)
SMALL = {"cells": 20000, "in-degree": 1000, "windows": 600}
RANK = {"cells": 10000, "in-degree": 10000, "windows": 200}
# ranks, what is set beside RANK
DRY = [*((n, {}) for n in (1, 8, 64, 256, 1024)), (1024, {"delay": 0.1, "windows": 1500})]


def call(command):
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"exchange.py: error: {' '.join(map(str, command))} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def on_ranks(n):
    return ["mpirun", "--oversubscribe", "-n", n] if n > 1 else []


def words(settings):
    return [part for key, value in settings.items() for part in (f"--{key}", value)]


def gather(program):
    for n in RANKS:
        yield call([*on_ranks(n), program, "gather"])


def windows(program):
    for n in (1, *RANKS):
        together = call([*on_ranks(n), program, "steps", *words(SMALL)])
        alone = call([program, "steps", *words(SMALL), "--pretend", n])
        yield {"ranks": n, "together": together, "one_alone": alone}


def dry(program):
    for n, more in DRY:
        yield call([program, "steps", *words({**RANK, **more}), "--pretend", n])


PARTS = {"gather": gather, "windows": windows, "dry": dry}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    parser.add_argument("--program", default="build/snnsim_bench_exchange")
    parser.add_argument("--snnsim", default="build/snnsim")
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    path = pathlib.Path(args.output)
    result = json.loads(path.read_text()) if path.exists() else {}
    mpi = next(line for line in subprocess.run([args.snnsim, "devices"], capture_output=True, text=True, check=True).stdout.splitlines()
               if line.startswith("mpi"))
    for part in args.parts or PARTS:
        result |= machine(os.path.abspath(args.snnsim))
        result[part] = {**machine(os.path.abspath(args.snnsim)), "mpi": mpi.split("available", 1)[-1].strip(" :()"),
                        "rows": []}
        for row in PARTS[part](os.path.abspath(args.program)):
            result[part]["rows"].append(row)
            path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
