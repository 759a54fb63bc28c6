#include "python/src/calls.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <filesystem>
#include <new>
#include <thread>
#include <utility>

#include "snnsim/error.hpp"

namespace snnsim::python {
namespace {

void raise(const char* kind, const char* text) {
    try {
        PyErr_SetObject(nb::module_::import_("snnsim.errors").attr(kind).ptr(),
                        nb::str(text).ptr());
    } catch (nb::python_error& e) {
        e.restore();
    }
}

void raise_numerical(const NumericalError& error) {
    try {
        const nb::object raised =
            nb::module_::import_("snnsim.errors").attr("NumericalError")(error.what(), error.step);
        PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised.ptr())), raised.ptr());
    } catch (nb::python_error& e) {
        e.restore();
    }
}

void translate(const std::exception_ptr& caught, void*) {
    try {
        std::rethrow_exception(caught);
    } catch (const ModelError& e) {
        raise("ModelError", e.what());
    } catch (const DataError& e) {
        raise("DataError", e.what());
    } catch (const FileError& e) {
        raise("FileError", e.what());
    } catch (const DeviceError& e) {
        raise("DeviceError", e.what());
    } catch (const NumericalError& e) {
        raise_numerical(e);
    } catch (const UsageError& e) {
        raise("UsageError", e.what());
    } catch (const InternalError& e) {
        raise("InternalError", e.what());
    } catch (const Error& e) {
        raise("Error", e.what());
    } catch (const std::filesystem::filesystem_error& e) {
        raise("FileError", (e.path1().string() + ": " + e.code().message()).c_str());
    } catch (const std::bad_alloc&) {
        PyErr_SetString(PyExc_MemoryError,
                        "snnsim: out of memory; snnsim.check(model) says what the model takes");
    }
}

template <class T>
void take(const nb::dict& options, const char* name, T& out) {
    if (!options.contains(name)) return;
    if (nb::try_cast<T>(options[name], out)) return;
    const auto given = nb::cast<std::string>(nb::repr(options[name]));
    throw UsageError(std::string(name) + " cannot be " + given);
}

std::atomic<bool> ending{false};
std::atomic<int> under_way{0};

}  // namespace

void register_exceptions() {
    nb::register_exception_translator(translate);
}

RunOptions options_of(const nb::dict& options) {
    RunOptions out;
    if (options.contains("model_text"))
        out.model_text = nb::cast<std::string>(options["model_text"]);
    take(options, "overrides", out.overrides);
    if (options.contains("backend")) {
        std::string name;
        take(options, "backend", name);
        bool known = false;
        for (std::size_t k = 0; k < Names<Device>::values.size(); ++k) {
            if (name != Names<Device>::values[k]) continue;
            out.backend = static_cast<Device>(k);
            known = true;
        }
        if (!known) throw UsageError("backend is '" + name + "'; write 'auto', 'cpu' or 'cuda'");
    }
    take(options, "cuda_device", out.cuda_device);
    take(options, "threads", out.threads);
    take(options, "data_dir", out.data_dir);
    take(options, "output", out.output);
    take(options, "force", out.force);
    take(options, "resume", out.resume);
    take(options, "weights", out.weights);
    take(options, "energy", out.energy);
    take(options, "checkpoint_every", out.checkpoint_every);
    take(options, "profile", out.profile);
    return out;
}

bool PythonWatcher::due(Clock::time_point& last, double seconds) {
    const Clock::time_point now = Clock::now();
    if (now - last < std::chrono::duration<double>(seconds)) return false;
    last = now;
    return true;
}

bool PythonWatcher::stops() {
    if (error_ || ending) return true;
    if (!due(asked_, 0.05)) return false;
    const nb::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) error_.emplace();
    return error_.has_value();
}

void PythonWatcher::progress(const RunProgress& progress) {
    if (error_ || ending || callback_.is_none()) return;
    if (!due(shown_, 0.1) && progress.share < 1.0) return;
    const nb::gil_scoped_acquire gil;
    try {
        callback_(progress.share, progress.text);
    } catch (nb::python_error& e) {
        error_.emplace(std::move(e));
    }
}

nb::object PythonWatcher::stopped_by() const {
    return error_ ? nb::borrow(error_->value()) : nb::none();
}

void PythonWatcher::rethrow() const {
    if (error_) throw nb::python_error(*error_);
}

UnderWay::UnderWay() {
    ++under_way;
}
UnderWay::~UnderWay() {
    --under_way;
}

void end_calls() {
    ending = true;
    const nb::gil_scoped_release free;
    while (under_way > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

OneAtATime::OneAtATime(std::atomic_flag& used, const char* what) : used_(used) {
    if (!used.test_and_set()) return;
    raise("BusyError", what);
    throw nb::python_error();
}

}  // namespace snnsim::python
