#include "src/energy/meter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "src/energy/accounting.hpp"
#include "src/energy/meter_nvml.hpp"
#include "src/energy/meter_rapl.hpp"

namespace snnsim {
namespace {

// NVML counts about every 0.1 s, RAPL every millisecond.
constexpr double moves_within = 0.5;  // s
constexpr double short_phase = 1.0;   // s
constexpr const char* not_asked = "no idle baseline was asked for (--idle-baseline SECONDS)";

std::string from_environment(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value ? value : otherwise;
}

}  // namespace

std::vector<EnergyDomain> energy_domains(const std::string& gpu) {
    std::vector<EnergyDomain> domains =
        rapl_domains(from_environment("SNNSIM_POWERCAP", "/sys/class/powercap"));
    if (!gpu.empty())
        domains.push_back(nvml_domain(from_environment("SNNSIM_NVML", "libnvidia-ml.so.1"), gpu));
    return domains;
}

EnergyMeter::EnergyMeter(std::vector<EnergyDomain> domains, const MeterOptions& options,
                         MeasuredEnergy before)
    : clock_(options.clock) {
    double within = 0.0;
    for (EnergyDomain& d : domains) {
        if (d.counter && d.counter->read_within() > 0.0)
            within = within > 0.0 ? std::min(within, d.counter->read_within())
                                  : d.counter->read_within();
        domains_.emplace_back().EnergyDomain::operator=(std::move(d));
        domains_.back().since = clock_();
        idle_[domains_.back().name] = {0.0, not_asked};
    }
    if (within > 0.0) thread_ = std::thread([this, within] { watch(within); });
    if (options.idle_seconds > 0.0) {
        during("idle", [&] { options.sleep(options.idle_seconds); });
        const PhaseEnergy idle = closed_.phases.at("idle");
        for (const auto& [name, energy] : idle.domains)
            idle_[name] = {energy.used.value / idle.seconds, energy.used.unavailable};
    }
    closed_ = std::move(before);
    closed_.accounting = options.accounting;
}

EnergyMeter::~EnergyMeter() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    stop_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void EnergyMeter::watch(double seconds) {
    std::unique_lock lock(mutex_);
    while (!stop_.wait_for(lock, std::chrono::duration<double>(seconds),
                           [this] { return stopping_; })) {
        read_all();
    }
}

void EnergyMeter::read(Domain& domain) {
    if (!domain.counter) return;
    try {
        const double joules = domain.counter->joules();
        if (joules == domain.last) return;
        domain.last = joules;
        domain.since = clock_();
    } catch (const EnergyUnavailable& e) {
        ++domain.failures;
        domain.failure = e.what();
    }
}

void EnergyMeter::read_all() {
    for (Domain& domain : domains_) read(domain);
}

void EnergyMeter::begin(const std::string& phase) {
    const std::scoped_lock lock(mutex_);
    Open open{clock_(), {}};
    for (Domain& domain : domains_) {
        const std::uint64_t failures = domain.failures;  // one here counts as one in the phase
        read(domain);
        open.starts.push_back({domain.last, failures});
    }
    open_[phase] = std::move(open);
}

PhaseEnergy EnergyMeter::since(const Open& open, Phase phase) const {
    const double now = clock_();
    PhaseEnergy out{now - open.start, {}};
    for (std::size_t k = 0; k < domains_.size(); ++k) {
        const Domain& domain = domains_[k];
        const double joules = domain.last - open.starts[k].joules;
        DomainEnergy& energy = out.domains[domain.name];
        energy.source = domain.source;
        energy.used.value = joules;
        if (!domain.counter) {
            energy.used = {0.0, domain.absent};
        } else if (domain.failures != open.starts[k].failures) {
            energy.used = {0.0, domain.failure};
        } else if (joules <= 0.0 && phase == Phase::under_way && out.seconds < moves_within) {
            energy.used = {0.0, not_yet};
        } else if (joules <= 0.0) {
            energy.used = {0.0, fmt::format("the counter did not move in {:.3g} s", out.seconds)};
        } else if (now - domain.since > moves_within) {
            energy.used = {
                0.0, fmt::format("the counter has not moved for {:.3g} s", now - domain.since)};
        } else if (out.seconds < short_phase) {
            energy.note = "less than 1 s: few updates of the counter";
        }
        const Measure& watts = idle_.at(domain.name);
        energy.idle = {watts.value * out.seconds, watts.unavailable};
    }
    return out;
}

void EnergyMeter::end(const std::string& phase) {
    const std::scoped_lock lock(mutex_);
    const auto at = open_.find(phase);
    SNN_EXPECT(at != open_.end());
    read_all();
    PhaseEnergy& all = closed_.phases[phase];
    all = combined(all, since(at->second, Phase::ended));
    open_.erase(at);
}

MeasuredEnergy EnergyMeter::so_far() {
    const std::scoped_lock lock(mutex_);
    MeasuredEnergy out = closed_;
    if (open_.empty()) return out;
    read_all();
    for (const auto& [name, open] : open_) {
        PhaseEnergy& all = out.phases[name];
        all = combined(all, since(open, Phase::under_way));
    }
    return out;
}

}  // namespace snnsim
