// How calls from Python go: options, what is told and asked meanwhile, and one thread at a time.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "snnsim/run.hpp"

namespace snnsim::python {

namespace nb = nanobind;

/// The exceptions of error.hpp become those of snnsim.errors.
void register_exceptions();

/// By the names of its members: model_text, overrides, backend, cuda_device, threads, data_dir,
/// output, force, resume, weights, energy, checkpoint_every, profile. What is not there has its
/// default.
RunOptions options_of(const nb::dict& options);

/// Signals of Python are looked at and its callback is called between the parts of a run. An
/// exception that comes of that stops the run and waits in `error`.
class PythonWatcher final : public RunWatcher {
  public:
    /// `callback(share, text)`, or None.
    explicit PythonWatcher(nb::object callback) : callback_(std::move(callback)) {}

    bool stops() override;
    void progress(const RunProgress& progress) override;
    void say(const std::string&) override {}
    void result(const std::string& lines) override { told_ += lines; }

    const std::string& told() const { return told_; }
    /// What stopped the run; None where nothing did. The GIL is held.
    nb::object stopped_by() const;
    /// Raises it.
    void rethrow() const;

  private:
    using Clock = std::chrono::steady_clock;
    /// Whether so much time has passed since it last said so.
    static bool due(Clock::time_point& last, double seconds);

    const nb::object callback_;
    std::string told_;
    Clock::time_point asked_{}, shown_{};
    std::optional<nb::python_error> error_;
};

/// A call that computes without the GIL.
class UnderWay {
  public:
    UnderWay();
    ~UnderWay();
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
};
/// Stops those of other threads, and waits for them: an interpreter that ends lets no thread come
/// back.
void end_calls();

/// While it lives no other thread may use the same thing. Throws BusyError of snnsim.errors.
class OneAtATime {
  public:
    OneAtATime(std::atomic_flag& used, const char* what);
    ~OneAtATime() { used_.clear(); }
    OneAtATime(const OneAtATime&) = delete;
    OneAtATime& operator=(const OneAtATime&) = delete;

  private:
    std::atomic_flag& used_;
};

}  // namespace snnsim::python
