"""What there is to check: the device as the program sees it, and what the driver says of it."""

import re
import subprocess

from gpu_parts.place import find_tool

FIELDS = ("name", "driver_version", "compute_cap", "memory.total", "clocks.sm", "clocks.mem", "clocks.max.sm", "clocks.max.mem",
          "power.limit", "power.draw", "temperature.gpu")
CHANGING = ("clocks.sm", "clocks.mem", "power.draw", "temperature.gpu")


def ask(*words, environment=None):
    """What a program says; nothing when it is not there or fails."""
    try:
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def nvidia_smi(fields=FIELDS):
    """What nvidia-smi says of the first card, by field; empty without it."""
    tool = find_tool("nvidia-smi", "/usr/local/nvidia/bin")
    said = ask(tool, f"--query-gpu={','.join(fields)}", "--format=csv,noheader", "--id=0") if tool else ""
    return dict(zip(fields, said.split(", "))) if said else {}


class Card:
    def __init__(self, place):
        said = ask(place.program, "devices", environment=place.environment)
        found = re.search(r"^cuda +(?:available|device \d+): (.*)$", said, re.M)
        not_there = re.search(r"^cuda +not available: (.*)$", said, re.M)
        self.name = found[1] if found else ""
        self.reason = not_there[1] if not_there else f"{place.program} devices said: {said or 'nothing'}"
        no_energy = re.search(r"^gpu\S* +unavailable: (.*)$", said, re.M)
        self.no_energy = no_energy[1] if no_energy else ""
        self.is_device = bool(self.name) and "ptxrun" not in self.name

    def described(self):
        return {"name": self.name, "is_a_device": self.is_device, **({"nvidia-smi": nvidia_smi()} if self.is_device else {})}
