// Measures the energy of a run, phase by phase.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "snnsim/measured_energy.hpp"
#include "src/energy/meter_source.hpp"

namespace snnsim {

struct MeterOptions {
    std::string gpu = {};  // PCI bus id of the GPU that computes; empty: none does
    EnergyAccounting accounting = {};
    double idle_seconds = 0.0;  // how long the idle machine is measured first; 0: not at all
    Clock clock = steady_seconds;
    std::function<void(double seconds)> sleep = [](double seconds) {
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    };
};

/// The domains of this machine: RAPL below $SNNSIM_POWERCAP (/sys/class/powercap) and, where a GPU
/// computes, NVML from $SNNSIM_NVML (libnvidia-ml.so.1).
std::vector<EnergyDomain> energy_domains(const std::string& gpu);

/// Counters are read where phases begin and end; a thread reads those that cannot wait so long.
/// Nothing here throws for want of a counter: what cannot be measured is unavailable, and says why.
class EnergyMeter {
  public:
    /// Goes on after `before` when a run is resumed. Sleeps for `options.idle_seconds`.
    EnergyMeter(std::vector<EnergyDomain> domains, const MeterOptions& options,
                MeasuredEnergy before = {});
    explicit EnergyMeter(const MeterOptions& options, MeasuredEnergy before = {})
        : EnergyMeter(energy_domains(options.gpu), options, std::move(before)) {}
    ~EnergyMeter();
    EnergyMeter(const EnergyMeter&) = delete;
    EnergyMeter& operator=(const EnergyMeter&) = delete;

    /// Phases of one name add up; those of different names may overlap.
    void begin(const std::string& phase);
    void end(const std::string& phase);
    /// Measures while `work` runs, and returns what it returns.
    template <class Work>
    auto during(const std::string& phase, const Work& work) {
        struct Ends {
            EnergyMeter& meter;
            const std::string& phase;
            ~Ends() { meter.end(phase); }
        };
        begin(phase);
        const Ends ends{*this, phase};
        return work();
    }

    /// All phases so far, those under way up to now.
    MeasuredEnergy so_far();

  private:
    struct Domain : EnergyDomain {
        double last = 0.0;   // J
        double since = 0.0;  // when `last` was first read
        std::uint64_t failures = 0;
        std::string failure;  // the last one
    };
    struct Start {
        double joules;
        std::uint64_t failures;
    };
    struct Open {
        double start;
        std::vector<Start> starts;  // by domain
    };
    void read(Domain& domain);
    void read_all();
    enum class Phase { under_way, ended };
    PhaseEnergy since(const Open& open, Phase phase) const;
    void watch(double seconds);

    const Clock clock_;
    std::mutex mutex_;
    std::vector<Domain> domains_;
    std::map<std::string, Open> open_;
    MeasuredEnergy closed_;
    std::map<std::string, Measure> idle_;  // W by domain
    bool stopping_ = false;
    std::condition_variable stop_;
    std::thread thread_;
};

}  // namespace snnsim
