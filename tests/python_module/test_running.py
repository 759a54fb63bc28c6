"""snnsim.run, resume and check: what the command does, from Python."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import warnings

import h5py
import numpy as np
import pytest

import snnsim

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SNNSIM_BINARY")
BALANCED = {
    "name": "balanced", "seed": 5, "dt": "0.1 ms", "simulate": {"duration": "100 ms"},
    "populations": {
        "noise": {"size": 40, "model": "poisson_source", "rate": "200 Hz"},
        "E": {"size": 80, "model": "iaf_psc_delta", "tau_m": "20 ms", "e_l": "0 mV", "v_th": "20 mV", "v_reset": "10 mV",
              "t_ref": "2 ms"}},
    "projections": [
        {"from": "noise", "to": "E", "connect": {"rule": "fixed_in_degree", "n": 10}, "weight": "2 mV", "delay": "1 ms"},
        {"from": "E", "to": "E", "connect": {"rule": "fixed_in_degree", "n": 8}, "weight": "0.5 mV", "delay": "1.5 ms"}],
    "record": [{"population": "E", "what": "spikes"}]}


def quiet(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", snnsim.RunWarning)
        return snnsim.run(*arguments, progress=False, **options)


def of_command(model, *arguments, output):
    subprocess.run([PROGRAM, str(model), "-o", str(output), *arguments], check=True, capture_output=True)
    with h5py.File(output) as file:
        return file.attrs["spike_digest"]


@pytest.mark.parametrize("model", ["brunel", "cuba", "izhikevich_1000"])
def test_a_run_has_the_digest_of_the_command(model, tmp_path):
    path = ROOT / "models" / f"{model}.yaml"
    expected = of_command(path, "--set", "simulate.duration=60 ms", output=tmp_path / "run.h5")
    with quiet(path, set={"simulate": {"duration": "60 ms"}}) as run:
        assert run.digest == expected
        assert run.status == "finished" and sum(map(len, run.spikes.values())) > 0
    with quiet(path.read_text(), set={"simulate.duration": "60 ms"}, threads=1) as run:
        assert run.digest == expected and run.provenance["model_path"] == "<text>"


def test_a_process_of_several_is_alone_and_needs_no_mpi(tmp_path):
    """With mpi4py each runs models of its own."""
    code = f"""import snnsim
with snnsim.run({BALANCED!r}, progress=False) as run:
    print(run.digest, "libmpi" in open("/proc/self/maps").read())
"""
    said = [subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, capture_output=True, text=True,
                           env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more}).stdout
            for more in ({}, {"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "3"})]
    assert said[0] == said[1] and said[0].split()[1] == "False"


def test_a_dict_is_the_model_of_its_text(tmp_path):
    import yaml
    file = tmp_path / "model.yaml"
    file.write_text(yaml.safe_dump(BALANCED, sort_keys=False))
    expected = of_command(file, output=tmp_path / "run.h5")
    with quiet(BALANCED) as run:
        assert run.digest == expected
    with quiet(BALANCED, seed=6) as run:
        assert run.digest != expected and run.seed == 6


def test_an_output_stays_and_a_temporary_file_goes(tmp_path):
    kept = quiet(BALANCED, output=tmp_path / "kept.h5")
    kept.close()
    assert (tmp_path / "kept.h5").exists()
    with pytest.raises(snnsim.UsageError, match="exists already"):
        quiet(BALANCED, output=tmp_path / "kept.h5")
    assert quiet(BALANCED, output=tmp_path / "kept.h5", force=True).status == "finished"
    temporary = quiet(BALANCED)
    folder = pathlib.Path(temporary.path).parent
    spikes = temporary.spikes["E"].time
    assert folder.exists() and temporary.temporary
    temporary.close()
    assert not folder.exists() and len(spikes) > 0


def test_mistakes_have_their_place(tmp_path):
    file = tmp_path / "a model.yaml"
    file.write_text("name: a\ndt: 0.1 ms\nsimulate: {duration: 1 ms}\npopulations:\n  E: {size: 3, model: iaf_psc_exp, tau_mm: 10 ms}\n")
    with pytest.raises(snnsim.ModelError) as error:
        quiet(file)
    assert (error.value.file, error.value.line, error.value.column) == (str(file), 5, 36)
    assert error.value.suggestion == "tau_m"
    with pytest.raises(snnsim.ModelError, match="unknown key 'duratoin'") as error:
        quiet({**BALANCED, "simulate": {"duratoin": "1 ms"}})
    assert error.value.suggestion == "duration" and error.value.file == "<dict>"
    with pytest.raises(snnsim.UsageError, match="there is no population 'F'"):
        quiet(BALANCED, set={"populations.F.size": 3})
    with pytest.raises(snnsim.FileError, match="nowhere.yaml"):
        quiet("nowhere.yaml")


@pytest.mark.parametrize("argument, message", [
    ({"backend": "gpu"}, "backend is 'gpu'"), ({"threads": -1}, "threads is -1"), ({"threads": 1.5}, "threads is 1.5"),
    ({"progress": 3}, "progress is a int"), ({"output": 3}, "output is a int"), ({"seed": "x"}, "seed is 'x'"),
    ({"set": ["a=1"]}, "set is a list"), ({"energy": "no_such_chip"}, "no_such_chip")])
def test_wrong_arguments_are_named(argument, message):
    with pytest.raises(snnsim.Error, match=message):
        snnsim.run(BALANCED, **{"progress": False, **argument})


def test_what_fails_leaves_its_run():
    runaway = {**BALANCED, "simulate": {"duration": "1 s"}, "populations": {
        **BALANCED["populations"], "E": {**BALANCED["populations"]["E"], "i_e": "1000 nA"}}}
    with pytest.raises(snnsim.NumericalError, match="E") as error:
        quiet(runaway)
    assert error.value.run.status == "failed" and 0 < error.value.step < 10000
    assert len(error.value.run.spikes["E"]) > 1000
    sim = snnsim.Simulation(runaway)
    with pytest.raises(snnsim.NumericalError):
        sim.advance("1 s")
    with pytest.raises(snnsim.NumericalError):    # it cannot go on
        sim.advance("1 ms")


def test_warnings_are_those_of_python():
    silent = {**BALANCED, "projections": BALANCED["projections"][1:]}
    with pytest.warns(snnsim.RunWarning, match="none of the 80 cells of 'E' fired"):
        snnsim.run(silent, progress=False)


def test_progress_is_told_and_its_exception_ends_the_run(tmp_path):
    shares = []
    with quiet(BALANCED, set={"simulate.duration": "1 s"}) as run:
        expected = run.digest
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with snnsim.run(BALANCED, set={"simulate.duration": "1 s"}, progress=lambda share, text: shares.append((share, text))) as run:
            assert run.digest == expected
    assert shares and shares[-1][0] == 1.0 and "ms" in shares[-1][1]
    assert all(a <= b for (a, _), (b, _) in zip(shares, shares[1:]))

    class Mine(Exception):
        pass

    def fail(share, text):
        raise Mine("no more")

    file = tmp_path / "stopped.h5"
    with pytest.raises(Mine, match="no more"):
        snnsim.run(BALANCED, set={"simulate.duration": "1000 s"}, progress=fail, output=file)
    stopped = snnsim.Run(file)
    assert stopped.status == "interrupted"
    with pytest.raises(Mine):
        snnsim.resume(stopped, progress=fail)


def test_a_bar_is_drawn(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        snnsim.run(BALANCED, progress=True).close()
    assert "100%" in capsys.readouterr().err


INTERRUPTED = """
import snnsim, sys, threading, os, signal, time
model = {model!r}
def press():
    while not started: time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)
started = []
threading.Thread(target=press).start()
try:
    snnsim.run(model, set={{"simulate.duration": "2 s"}}, output={output!r}, progress=lambda *_: started.append(1), threads=1,
               checkpoint_every=0.05)
    print("finished")
except KeyboardInterrupt as error:
    assert isinstance(error, snnsim.Interrupted), error
    print(error.run.status)
"""


def test_ctrl_c_ends_a_run_and_resume_goes_on(tmp_path):
    file = tmp_path / "run.h5"
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", INTERRUPTED.format(model=BALANCED, output=str(file))], check=True,
                          capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}).stdout.split()
    assert said[-1] in ("interrupted", "finished")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resumed = snnsim.resume(file, progress=False)
        with snnsim.run(BALANCED, set={"simulate.duration": "2 s"}, progress=False) as whole:
            assert resumed.status == "finished" and resumed.digest == whole.digest


def test_an_interrupted_temporary_run_is_resumed():
    class Stop(Exception):
        pass

    def press(share, text):
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(snnsim.Interrupted) as stopped:
        snnsim.run(BALANCED, set={"simulate.duration": "3 s"}, progress=press, threads=1)
    run = stopped.value.run
    assert run.status == "interrupted"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resumed = snnsim.resume(run, progress=False)
        with snnsim.run(BALANCED, set={"simulate.duration": "3 s"}, progress=False) as whole:
            assert resumed.digest == whole.digest
    assert run.closed and os.path.exists(resumed.path)
    resumed.close()
    assert not os.path.exists(os.path.dirname(resumed.path))


def test_the_gil_is_free_and_two_runs_at_once_are_refused():
    ticks, errors, done = [], [], threading.Event()

    def long():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                snnsim.run(BALANCED, set={"simulate.duration": "1000 s"}, progress=until)
        except Exception as error:
            errors.append(error)

    class Enough(Exception):
        pass

    def until(share, text):
        if done.is_set():
            raise Enough

    thread = threading.Thread(target=long)
    thread.start()
    while thread.is_alive() and len(ticks) < 20:    # this thread runs meanwhile
        time.sleep(0.01)
        ticks.append(1)
    try:
        with pytest.raises(snnsim.BusyError, match="another run"):
            snnsim.run(BALANCED, progress=False)
    finally:
        done.set()
        thread.join()
    assert [type(error) for error in errors] == [Enough]


def test_check_says_what_a_model_is():
    assert "no errors" in snnsim.check(BALANCED) and "iaf_psc_delta" in snnsim.check(BALANCED)
    with pytest.raises(snnsim.ModelError):
        snnsim.check({**BALANCED, "dt": "x"})


def test_a_thousand_runs_fit_into_the_memory_of_few():
    code = f"""
import resource, snnsim, sys, warnings, gc
warnings.simplefilter("ignore")
model = {BALANCED!r}
def many(n):
    for k in range(n):
        run = snnsim.run(model, set={{"simulate.duration": "2 ms", "seed": k}}, progress=False, threads=1)
        len(run.spikes["E"].time)
        if k % 3 == 0: run.close()
        sim = snnsim.Simulation(model, threads=1); sim.advance("1 ms"); sim.states["E"]["v"]
        try: snnsim.run({{**model, "dt": k}}, progress=False)
        except snnsim.ModelError: pass
many(100)
before = int(open("/proc/self/statm").read().split()[1])
many(900)
after = int(open("/proc/self/statm").read().split()[1])
print((after - before) * resource.getpagesize())
"""
    grown = int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True,
                               env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "MALLOC_ARENA_MAX": "1"}).stdout)
    assert grown < 20e6, f"900 runs left {grown / 1e6:.1f} MB"
