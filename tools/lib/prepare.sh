# Sourced by tools/snnsim and tools/test: installs what is missing, finds CUDA, configures and builds.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${SNNSIM_BUILD_DIR:-$root/build}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/snnsim
cuda_release=13.0

say() { echo "snnsim: $*" >&2; }
die() {
    say "error: $*"
    exit 1
}

# The packages of the purposes named (build, test) that are not installed.
missing_packages() {
    local name purpose
    while read -r name purpose; do
        [[ $name == "#"* || -z $name || " $* " != *" $purpose "* ]] && continue
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "$name"
    done <"$root/tools/packages.txt"
}

# What to do where a package is missing and cannot be installed: the build may find what it needs elsewhere.
go_on_without() {
    say "$1; going on without them. If the build does not find them elsewhere, have an administrator install"
    say "    apt-get install ${*:2}"
}

# Prints the command that makes one root, or fails.
become_root() {
    [[ $(id -u) -eq 0 ]] && { echo env; return; }
    command -v sudo >/dev/null || return 1
    # A password can be asked for at a terminal only.
    sudo -n true 2>/dev/null || [[ -t 0 && -t 2 ]] || return 1
    echo sudo env
}

install_packages() {
    local missing as_root
    if [[ -n ${CONDA_PREFIX:-} ]]; then
        say "using the packages of the conda environment $CONDA_PREFIX"
        return
    fi
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "this is not a Debian-like system; make sure that these are installed: $(grep -v '^#' "$root/tools/packages.txt" | awk '{printf "%s ", $1}')"
        return
    fi
    mapfile -t missing < <(missing_packages "$@")
    [[ ${#missing[@]} -eq 0 ]] && return
    as_root=$(become_root) || {
        go_on_without "these packages are missing, and there is neither root nor sudo: ${missing[*]}" "${missing[@]}"
        return
    }
    say "installing these packages of the system: ${missing[*]}"
    # shellcheck disable=SC2086
    if ! $as_root DEBIAN_FRONTEND=noninteractive apt-get update -qq >"$build/install.log" 2>&1 ||
        ! $as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            "${missing[@]}" >>"$build/install.log" 2>&1; then
        tail -n 20 "$build/install.log" >&2
        [[ $as_root == env ]] && die "installing packages failed; the whole log is in $build/install.log"
        go_on_without "installing packages with sudo failed" "${missing[@]}"
    fi
}

# What no build can do without.
need_tools() {
    local tool lacking=()
    for tool in cmake ninja; do command -v "$tool" >/dev/null || lacking+=("$tool"); done
    [[ -n ${CXX:-} ]] || command -v c++ >/dev/null || lacking+=("c++")
    [[ ${#lacking[@]} -eq 0 ]] || die "not found: ${lacking[*]}; docs/install.md says how to install snnsim without root, on Fedora and with conda"
}

# Other programs that read our files, for the tests that ask whether they can. Without them these tests are skipped.
install_readers() {
    local venv=$build/readers wanted=$root/tests/python/requirements.txt python=/usr/bin/python3
    [[ -x $python ]] || python=python3
    cmp -s "$wanted" "$venv/installed.txt" && return
    say "installing readers of files of SONATA and NIR from Python packages into $venv: $(grep -v '^#' "$wanted" | tr '\n' ' ')"
    if "$python" -m venv --clear --system-site-packages "$venv" >"$build/readers.log" 2>&1 &&
        "$venv/bin/pip" install -q --no-deps -r "$wanted" >>"$build/readers.log" 2>&1; then
        cp "$wanted" "$venv/installed.txt"
    else
        say "installing them failed ($build/readers.log): the tests that need them are skipped"
    fi
}

# What the Python package is built and tested with, in an environment of its own. Without them it is neither built nor tested.
install_python_tools() {
    local venv=$build/python_tests wanted=$root/tests/python_module/requirements.txt python=/usr/bin/python3
    [[ -x $python ]] || python=python3
    cmp -s "$wanted" "$venv/installed.txt" && return
    say "installing what the Python package is built and tested with into $venv: $(grep -v '^#' "$wanted" | tr '\n' ' ')"
    if "$python" -m venv --clear "$venv" >"$build/python_tests.log" 2>&1 &&
        "$venv/bin/pip" install -q -r "$wanted" >>"$build/python_tests.log" 2>&1; then
        cp "$wanted" "$venv/installed.txt"
    else
        say "installing them failed ($build/python_tests.log): the Python package is neither built nor tested"
    fi
}

# Installs the Python package: into the environment that is active, else into one that is made here.
install_python() {
    local python venv=$build/python_env
    if [[ -n ${VIRTUAL_ENV:-} ]]; then
        python=$VIRTUAL_ENV/bin/python
    elif [[ -n ${CONDA_PREFIX:-} ]]; then
        python=$CONDA_PREFIX/bin/python
    else
        python=$venv/bin/python
        [[ -x $python ]] || python3 -m venv "$venv" || die "python3 -m venv failed; install python3-venv"
    fi
    say "installing the Python package with $python (minutes; the log is $build/python.log)"
    CMAKE_ARGS="${CMAKE_ARGS:-} $2" "$python" -m pip install --config-settings=build-dir="$build/python_build" "$root/python$1" \
        >"$build/python.log" 2>&1 || { tail -n 30 "$build/python.log" >&2; die "installing failed; the whole log is in $build/python.log"; }
    say "done; \`$python\` has it: import snnsim"
}

has_gpu() { [[ -e /dev/nvidia0 ]] || { command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; }; }

knows_cpp20() { [[ $("$1" --version 2>/dev/null) =~ release\ ([0-9]+) && ${BASH_REMATCH[1]} -ge 12 ]]; }

# Prints the nvcc to use, or nothing. $1: auto, wheels (get it if there is none) or off.
find_nvcc() {
    [[ $1 == off ]] && return
    local candidate
    for candidate in "${CUDACXX:-}" "$(command -v nvcc || true)" "${CUDA_PATH:-/usr/local/cuda}/bin/nvcc" \
        "$cache/cuda-$cuda_release/bin/nvcc"; do
        [[ -n $candidate && -x $candidate ]] || continue
        if knows_cpp20 "$candidate"; then
            [[ $candidate != "$cache"/* ]] || complete_wheels "${candidate%/bin/nvcc}"
            echo "$candidate"
            return
        fi
        say "$candidate is older than CUDA 12 and knows no C++20: not used"
    done
    if [[ $1 == wheels ]] || has_gpu; then install_cuda_wheels; fi
}

# The linker wants libcudart.so without a number, and nvcc looks for lib64. NVRTC, which compiles what models bring, may be missing where
# the toolkit has been there for long.
complete_wheels() {
    [[ -e $1/lib64 ]] || ln -s lib "$1/lib64"
    [[ -e $1/lib/libcudart.so ]] || ln -s libcudart.so.13 "$1/lib/libcudart.so"
    [[ -e $1/lib/libnvrtc.so.13 ]] || "$cache/cuda-venv-$cuda_release/bin/pip" install -q "nvidia-cuda-nvrtc==$cuda_release.*" >&2 ||
        say "installing nvidia-cuda-nvrtc failed: models with equations of their own run on the CPU only"
}

# NVIDIA's wheels of one release make a working toolkit; $cache/cuda-RELEASE links to it.
install_cuda_wheels() {
    local venv=$cache/cuda-venv-$cuda_release toolkit package packages=()
    for package in nvcc runtime nvrtc cccl crt; do packages+=("nvidia-cuda-$package==$cuda_release.*"); done
    packages+=("nvidia-nvvm==$cuda_release.*")
    say "installing the CUDA $cuda_release toolkit from Python packages into $venv: ${packages[*]}"
    python3 -m venv "$venv" >&2 && "$venv/bin/pip" install -q "${packages[@]}" >&2 ||
        die "installing the CUDA toolkit failed; --no-cuda builds without it"
    toolkit=$(echo "$venv"/lib/python3*/site-packages/nvidia/cu13)
    [[ -x $toolkit/bin/nvcc ]] || die "no nvcc in $toolkit"
    complete_wheels "$toolkit"
    ln -sfn "$toolkit" "$cache/cuda-$cuda_release"
    echo "$cache/cuda-$cuda_release/bin/nvcc"
}

# Prints CMake's options for the nvcc $1 (empty: none) and the purposes $2, one a line. Tests of CUDA code where there is no GPU need
# ptxrun, which stands in for the runtime of CUDA 13; a build for its own sake is made for GPUs.
cuda_options() {
    local ptxrun=OFF
    [[ -n $1 ]] || { echo "-DSNNSIM_CUDA=OFF"; return; }
    if [[ $2 == *test* && $("$1" --version) =~ release\ 13\. ]] && ! has_gpu; then ptxrun=ON; fi
    printf '%s\n' "-DSNNSIM_CUDA=ON" "-DCMAKE_CUDA_COMPILER=$1" "-DSNNSIM_PTXRUN=$ptxrun"
}

# prepare PURPOSES CUDA TARGET: everything up to the built TARGET. PURPOSES: "build" or "build test".
prepare() {
    local purposes=$1 cuda=$2 target=$3 stamp nvcc options=()
    mkdir -p "$build"
    stamp="$purposes $cuda $(has_gpu && echo gpu) $(cat "$root/tools/packages.txt" "$root/tools/lib/prepare.sh" "$root/tests/python/requirements.txt" "$root/tests/python_module/requirements.txt" | cksum) ${CMAKE_ARGS:-}"
    if [[ ! -f $build/build.ninja || $(cat "$build/.prepared" 2>/dev/null) != "$stamp" ]]; then
        # shellcheck disable=SC2086
        install_packages $purposes
        need_tools
        [[ $purposes != *test* ]] || { install_readers; install_python_tools; }
        nvcc=$(find_nvcc "$cuda")
        mapfile -t options < <(cuda_options "$nvcc" "$purposes")
        [[ -n $nvcc ]] || say "building for the CPU only: no nvcc was found (--cuda gets one)"
        [[ $purposes == *test* ]] && options+=("-DSNNSIM_TESTS=ON") || options+=("-DSNNSIM_TESTS=OFF")
        if [[ $purposes == *test* && -e $build/python_tests/installed.txt ]]; then
            options+=("-DSNNSIM_PYTHON_MODULE=ON" "-DPython_EXECUTABLE=$build/python_tests/bin/python")
        fi
        say "configuring in $build"
        [[ -z ${CONDA_PREFIX:-} ]] || options+=("-DCMAKE_PREFIX_PATH=$CONDA_PREFIX")
        # shellcheck disable=SC2086
        cmake -S "$root" -B "$build" -G Ninja "${options[@]}" ${CMAKE_ARGS:-} >"$build/configure.log" 2>&1 || {
            cat "$build/configure.log" >&2
            die "configuring failed"
        }
        echo "$stamp" >"$build/.prepared"
    fi
    ninja -C "$build" -n "$target" 2>/dev/null | grep -q 'no work to do' && return
    say "building (the log is $build/build.log)"
    if [[ -t 2 ]]; then
        ninja -C "$build" "$target" 2>&1 | tee "$build/build.log" | awk '{printf "\r\033[K%.100s", $0 > "/dev/stderr"} END {printf "\r\033[K" > "/dev/stderr"}'
        [[ ${PIPESTATUS[0]} -eq 0 ]]
    else
        ninja -C "$build" "$target" >"$build/build.log" 2>&1
    fi || {
        tail -n 40 "$build/build.log" >&2
        die "building failed; the whole log is in $build/build.log"
    }
}
