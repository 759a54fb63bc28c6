"""Parts that tell whether the device computes what the CPU does, and touches no memory that it must not."""

import re

from gpu_parts.part import OverLimit, Skipped
from gpu_parts.place import find_tool
from gpu_parts.runs import bits, run_model
from gpu_parts.shortened import SIMULATIONS

DEVICE_TESTS = "Trainer.SameBitsOnCuda:Device*Gpu*"
SMALL_DEVICE_TESTS = "Trainer.SameBitsOnCuda:DeviceEngine.GoesOnAcrossGpuAndCpu:DevicePlastic.OnAGpuWhatTasksAskFor"
SANITIZERS = ("memcheck", "racecheck", "initcheck", "synccheck")


def tests(part):
    """The unit tests that need a device; each must have run."""
    wanted = len(re.findall(r"^  \w", part.call([part.place.tests, f"--gtest_filter={DEVICE_TESTS}", "--gtest_list_tests"]).said, re.M))
    done = None
    try:  # ptxrun: one multiprocessor, fewer threads that only find that there is nothing to do
        done = part.run("device tests", [part.place.tests, f"--gtest_filter={DEVICE_TESTS}"], PTXRUN_SMS="1")
    finally:  # also those of them that passed before the time was over
        said = (part.folder / "said").read_text(errors="replace")
        passed, skipped = (len(re.findall(rf"^\[ +{word} +\] \w+\.\w+ \(", said, re.M)) for word in ("OK", "SKIPPED"))
        part.result("device tests", passed=passed, skipped=skipped, of=wanted)
    if wanted == 0 or (done and passed != wanted):
        part.fail(f"{passed} of {wanted} device tests passed, {skipped} were skipped")


def compare(part, model, settings):
    """Runs a model on both backends."""
    said = {backend: run_model(part, model, settings, backend) for backend in ("cuda", "cpu")}
    if None in said.values():
        return
    same = bits(said["cuda"]) == bits(said["cpu"])
    part.result(model, bits="equal" if same else "DIFFERENT")
    if not same:
        part.fail(f"{model}: {bits(said['cuda'])} on the device, {bits(said['cpu'])} on the CPU")


def digests(part):
    """Every shipped simulation, shortened: the digest of its spikes on the device and on the CPU."""
    for model in part.chosen(SIMULATIONS):
        compare(part, model, SIMULATIONS[model])


def sanitizer(part):
    """compute-sanitizer's tools over a few device tests."""
    if not part.card.is_device:
        raise Skipped("compute-sanitizer watches a device; ptxrun has checks of its own (PTXRUN_CHECK, PTXRUN_RACE)")
    program = find_tool("compute-sanitizer", "/usr/local/cuda*/bin", "/usr/local/cuda*/compute-sanitizer", "/opt/nvidia/compute-sanitizer*")
    if not program:
        raise Skipped("there is no compute-sanitizer here")
    for place, tool in enumerate(SANITIZERS):
        try:
            done = part.call([program, "--tool", tool, "--error-exitcode", "1", part.place.tests, f"--gtest_filter={SMALL_DEVICE_TESTS}"],
                             part.left() / (len(SANITIZERS) - place))
        except OverLimit as over:
            part.fail(f"{tool}: {over}")
            continue
        if "Device not supported" in done.said:
            raise Skipped("compute-sanitizer does not work here: Device not supported")
        summary = re.findall(r"(?:ERROR|RACECHECK) SUMMARY: (.*)", done.said)
        part.result(tool, exit_status=done.status, summary=summary[-1] if summary else "none", seconds=done.seconds)
        if done.status != 0 or not summary:
            part.fail(f"{tool}: exit status {done.status}: {' | '.join(done.said.strip().splitlines()[-6:])}")
