"""tools/gpu_check where programs that only say what snnsim, the driver and NVIDIA's tools would say stand in for them."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from conftest import ROOT, wait_for

sys.path.insert(0, str(ROOT / "tools"))

from gpu_parts.report import to_json  # noqa: E402

SNNSIM = """
case $1 in
devices) printf 'cpu   available\\ncuda  available: Some Card\\n\\nenergy can be measured of\\ngpu        NVML counter\\n' ;;
--version) echo 'snnsim 0.1.0' ;;
run)
    case "$*" in
    *brunel.yaml*cpu*) echo 'digest 1' ;;
    *coba*) echo 'error: it is broken' && exit 1 ;;
    *) echo 'digest 2' ;;
    esac
    echo 'time: build 0.02 s, simulate 0.31 s for 2 s (factor 0.154)'
    echo 'measured energy: gpu 123.5 J (45.5 J above idle); 5e-05 kWh with PUE 1.58, 0.02 g CO2e'
    case "$*" in *--profile*) echo '64,692 synaptic events' ;; esac
esac
"""
TESTS = """
case $* in
*--gtest_list_tests*) printf 'Trainer.\\n  SameBitsOnCuda\\nDevicePlastic.\\n  OnAGpuPhases\\n' ;;
*) printf '[       OK ] Trainer.SameBitsOnCuda (12 ms)\\n[  SKIPPED ] DevicePlastic.OnAGpuPhases (0 ms)\\n' ;;
esac
"""
NVIDIA_SMI = """
case $* in
*name,driver_version*) echo 'Some Card, 580.1, 9.0, 143771 MiB, 345 MHz, 3201 MHz, 1980 MHz, 3201 MHz, 700 W, 76 W, 30' ;;
*) echo '1980 MHz, 3201 MHz, 300 W, 50' ;;
esac
"""
SANITIZER = """
case $* in
*synccheck*) echo '========= ERROR SUMMARY: 3 errors' && exit 1 ;;
*racecheck*) echo '========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)' ;;
*) echo '========= ERROR SUMMARY: 0 errors' ;;
esac
"""
# The raw page of ncu 2025.3 in CSV.
NCU = """
while [ $# -gt 0 ]; do [ "$1" = --log-file ] && log=$2; shift; done
cat >"$log" <<'TEXT'
==PROF== Connected to process 1
==PROF== Profiling "step": 0%....50%....100% - 2 passes
"ID","Kernel Name","gpu__time_duration.sum","smsp__thread_inst_executed.sum","dram__bytes.sum",\
"dram__throughput.avg.pct_of_peak_sustained_elapsed","sm__throughput.avg.pct_of_peak_sustained_elapsed",\
"sm__warps_active.avg.pct_of_peak_sustained_active"
"","","ns","inst","byte","%","%","%"
"0","step(int)","2,000","1,000,000","32","10.5","20","30"
"1","deliver(int)","9,000","10","n/a","1","2","3"
"2","step(int)","4,000","3,000,000","96","11.5","22","32"
TEXT
"""


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh{text}")
    path.chmod(0o755)


@pytest.fixture
def fakes(tmp_path):
    put(tmp_path / "build" / "snnsim", SNNSIM)
    put(tmp_path / "build" / "tests" / "snnsim_tests", TESTS)
    for name, text in (("nvidia-smi", NVIDIA_SMI), ("compute-sanitizer", SANITIZER), ("ncu", NCU)):
        put(tmp_path / "bin" / name, text)
    return tmp_path


def check(folder, *words):
    """Exit status and what is in the file."""
    output = folder / "found.json"
    done = subprocess.run([ROOT / "tools" / "gpu_check", "--build", folder / "build", "--output", output, *words],
                          capture_output=True, text=True, env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"})
    return done, json.loads(output.read_text()) if output.exists() else None


def only(found, part):
    return found["parts"][part]["result"], found["parts"][part]["results"], found["parts"][part]["failures"]


def test_figures_are_found(fakes):
    done, found = check(fakes, "--part", "factors", "--part", "energy", "--part", "profile", "--model", "cuba", "--model", "microcircuit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert found["card"]["name"] == "Some Card" and found["card"]["nvidia-smi"]["clocks.sm"] == "345 MHz"
    assert found["parts"]["factors"]["after"] == {
        "clocks.sm": "1980 MHz", "clocks.mem": "3201 MHz", "power.draw": "300 W", "temperature.gpu": "50"}
    factors = {r["what"]: r for r in found["parts"]["factors"]["results"]}
    assert factors["cuba on cuda"]["factor"] == 0.154 and factors["cuba on cpu"]["seconds"] == 0.308
    assert factors["microcircuit, synaptic events"]["a_second_on_cuda"] == pytest.approx(64692 / 0.308)
    assert only(found, "energy")[1] == [{"what": "microcircuit", "joules": 123.5, "above_idle": 45.5, "factor": 0.154}]
    assert only(found, "profile")[1] == [
        {"what": "microcircuit: deliver", "launches": 1, "microseconds": 9.0, "thread_instructions": 10.0,
         "memory_%_of_peak": 1.0, "arithmetic_%_of_peak": 2.0, "occupancy_%": 3.0},
        {"what": "microcircuit: step", "launches": 2, "microseconds": 3.0, "thread_instructions": 2e6, "bytes_of_memory": 64.0,
         "memory_%_of_peak": 11.0, "arithmetic_%_of_peak": 21.0, "occupancy_%": 31.0}]
    table = done.stdout.partition("\npart ")[2]
    assert "cuba on cuda" in table and "Some Card" in done.stdout and "clocks.max.sm 1980 MHz" in done.stdout


def test_other_bits_failures_and_skipped_tests_are_told_and_end_nothing(fakes):
    done, found = check(fakes, "--part", "tests", "--part", "digests", "--part", "sanitizer", "--model", "brunel", "--model", "coba",
                        "--model", "cuba")
    assert done.returncode == 1
    assert only(found, "tests") == ("FAILED", [{"what": "device tests", "passed": 1, "skipped": 1, "of": 2}],
                                    ["1 of 2 device tests passed, 1 were skipped"])
    result, results, failures = only(found, "digests")
    assert results == [{"what": "brunel", "bits": "DIFFERENT"}, {"what": "cuba", "bits": "equal"}]
    assert failures[0] == "brunel: digest 2 on the device, digest 1 on the CPU"
    assert len(failures) == 3 and all("it is broken" in text for text in failures[1:])
    result, results, failures = only(found, "sanitizer")
    assert [(r["what"], r["exit_status"], r["summary"]) for r in results] == [
        ("memcheck", 0, "0 errors"), ("racecheck", 0, "0 hazards displayed (0 errors, 0 warnings)"), ("initcheck", 0, "0 errors"),
        ("synccheck", 1, "3 errors")]
    assert len(failures) == 1 and failures[0].startswith("synccheck")


def test_tools_that_do_not_work_are_told_and_no_failure(fakes):
    put(fakes / "bin" / "ncu", "\necho '==ERROR== ERR_NVGPUCTRPERM - no permission'; exit 1\n")
    put(fakes / "bin" / "compute-sanitizer", "\necho '========= Error: Device not supported'; exit 1\n")
    done, found = check(fakes, "--part", "profile", "--part", "sanitizer")
    assert done.returncode == 0
    assert "ERR_NVGPUCTRPERM" in found["parts"]["profile"]["why"] and found["parts"]["profile"]["result"] == "skipped"
    assert "Device not supported" in found["parts"]["sanitizer"]["why"]


def test_what_a_part_does_not_understand_ends_no_other(fakes):
    put(fakes / "bin" / "ncu", NCU.replace("Kernel Name", "Function Name"))
    done, found = check(fakes, "--part", "profile", "--part", "sanitizer")
    assert done.returncode == 1
    assert "KeyError: 'Kernel Name'" in only(found, "profile")[2][0] and len(only(found, "sanitizer")[1]) == 4


def gone(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"  # ended, and not yet waited for by whoever inherited it


def test_a_part_over_its_limit_is_ended_and_the_others_go_on(fakes):
    hangs = f"\nsleep 100000 & echo $! >{fakes / 'child'}; echo $$ >{fakes / 'parent'}; wait\n"
    put(fakes / "build" / "snnsim", SNNSIM.replace("run)", f"run)\n{hangs}", 1))
    done, found = check(fakes, "--minutes", "0.25", "--part", "energy", "--part", "sanitizer")
    assert done.returncode == 1
    result, results, failures = only(found, "energy")
    assert result == "FAILED" and results == [] and "over its limit" in failures[0]
    assert found["parts"]["energy"]["seconds"] >= found["parts"]["energy"]["limit"]
    assert len(only(found, "sanitizer")[1]) == 4
    assert wait_for(lambda: all(gone(int((fakes / name).read_text())) for name in ("child", "parent")))


def test_nothing_to_check(fakes):
    put(fakes / "build" / "snnsim", "\necho 'cuda  not available: no NVIDIA driver is installed'\n")
    done, found = check(fakes, "--part", "tests")
    assert done.returncode == 3 and found is None
    assert "no NVIDIA driver is installed" in done.stderr and "unit tests that need a device" in done.stderr


@pytest.mark.parametrize("words, says", [
    (["--model", "cubb"], "there is no model cubb; there are adex_patterns, "), (["--minutes", "0"], "more than 0 are wanted"),
    (["--output", "missing/found.json"], "missing/found.json cannot be written: No such file or directory")])
def test_wrong_words_are_told_before_anything_runs(fakes, words, says):
    done, found = check(fakes, "--part", "digests", *words)
    assert done.returncode not in (0, 3) and says in done.stderr and "==" not in done.stdout


def test_a_part_without_a_model_of_its_own_is_nothing_to_check(fakes):
    done, found = check(fakes, "--part", "digests", "--model", "mnist_lif")
    assert done.returncode == 3 and only(found, "digests")[0] == "skipped"


def test_json_is_json():
    value = {"text": 'a "b" \\ \n\t é', "numbers": [1, 2.5, 1e-30, -3], "none": None, "flags": [True, False], "empty": [{}, [], ""]}
    assert json.loads(to_json(value)) == value
    assert json.loads(to_json([float("nan"), float("inf")])) == [None, None]
