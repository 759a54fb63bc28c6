#include "src/energy/accounting.hpp"

#include <string_view>

#include "snnsim/error.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/numbers.hpp"

namespace snnsim {
namespace {

constexpr const char* in_part = "in part of the run: ";

Measure sum(const Measure& a, const Measure& b) {
    if (a.unavailable == not_yet) return b;
    if (b.unavailable == not_yet) return a;
    if (a.unavailable == b.unavailable) return {a.value + b.value, a.unavailable};
    const std::string& reason = a.unavailable.empty() ? b.unavailable : a.unavailable;
    return {0.0, reason.starts_with(in_part) ? reason : in_part + reason};
}

DomainEnergy sum(const DomainEnergy& a, const DomainEnergy& b) {
    return {a.source.empty() ? b.source : a.source, sum(a.used, b.used), sum(a.idle, b.idle),
            a.note.empty() ? b.note : a.note};
}

}  // namespace

double read_co2e(const std::string& text) {
    double number = 0.0;
    std::string_view rest;
    const std::string wrong = read_decimal(text, number, rest);
    std::string unit(rest);
    unit.erase(0, unit.find_first_not_of(' '));
    const double kg = unit == "lb/kWh"   ? EnergyAccounting::kg_per_pound
                      : unit == "kg/kWh" ? 1.0
                      : unit == "g/kWh"  ? 1e-3
                                         : 0.0;
    if (!wrong.empty() || kg == 0.0 || number < 0.0) {
        throw UsageError("'" + excerpt(text) +
                         "' is not an amount of CO2e per kWh; write it like '475 g/kWh', "
                         "'0.4 kg/kWh' or '0.954 lb/kWh'");
    }
    return number * kg;
}

std::vector<KindEnergy> energy_by_kind(const MeasuredEnergy& measured, const std::string& phase) {
    std::vector<KindEnergy> kinds;
    for (const char* kind : {"package", "dram", "gpu"}) {
        KindEnergy all{kind, {}, {}, ""};
        std::string reason;  // of a domain that was not measured
        int found = 0, counted = 0;
        for (const auto& [name, p] : measured.phases) {
            if (!phase.empty() && name != phase) continue;
            for (const auto& [domain, energy] : p.domains) {
                if (!domain.starts_with(kind)) continue;
                ++found;
                if (!energy.used.unavailable.empty()) {
                    reason = energy.used.unavailable;
                    all.without += (all.without.empty() ? "" : ", ") + name + " of " + domain +
                                   " (" + reason + ")";
                    continue;
                }
                ++counted;
                all.used.value += energy.used.value;
                all.idle.value += energy.idle.value;
                if (!energy.idle.unavailable.empty())
                    all.idle.unavailable = energy.idle.unavailable;
            }
        }
        if (found == 0) continue;
        if (counted == 0) {
            all.used = {0.0, reason};
            all.idle = {0.0, reason};
            all.without.clear();
        }
        kinds.push_back(all);
    }
    return kinds;
}

Measure sum_of_used(const std::vector<KindEnergy>& kinds) {
    Measure all{0.0, kinds.empty() ? "the run has not been measured" : ""};
    bool any = false;
    for (const KindEnergy& k : kinds) {
        if (k.used.unavailable.empty()) {
            all.value += k.used.value;
            any = true;
        } else if (all.unavailable.empty()) {
            all.unavailable = k.used.unavailable;
        }
    }
    if (any) all.unavailable.clear();
    return all;
}

PhaseEnergy combined(const PhaseEnergy& before, const PhaseEnergy& then) {
    if (before.domains.empty()) return {before.seconds + then.seconds, then.domains};
    PhaseEnergy out{before.seconds + then.seconds, {}};
    const DomainEnergy nothing{"", {0.0, "not measured"}, {0.0, "not measured"}, ""};
    const auto of = [&](const PhaseEnergy& phase, const std::string& domain) {
        const auto at = phase.domains.find(domain);
        return at == phase.domains.end() ? nothing : at->second;
    };
    for (const PhaseEnergy* phase : {&before, &then}) {
        for (const auto& [domain, energy] : phase->domains)
            out.domains[domain] = sum(of(before, domain), of(then, domain));
    }
    return out;
}

MeasuredEnergy combined(const MeasuredEnergy& before, const MeasuredEnergy& then) {
    MeasuredEnergy out = then;
    for (const auto& [name, phase] : before.phases)
        out.phases[name] = combined(phase, out.phases[name]);
    return out;
}

}  // namespace snnsim
