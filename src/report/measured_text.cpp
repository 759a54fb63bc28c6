#include "src/report/measured_text.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "src/energy/accounting.hpp"

namespace snnsim {
namespace {

void add(std::string& list, const std::string& item, const char* between) {
    if (!list.empty()) list += between;
    list += item;
}

/// The sum of the kinds that have a value, and the parts it is made of.
MeasuredCell cell(const std::vector<KindEnergy>& kinds, Measure (*value)(const KindEnergy&),
                  double scale) {
    MeasuredCell out;
    for (const KindEnergy& k : kinds) {
        const Measure m = value(k);
        if (!m.unavailable.empty()) {
            add(out.parts, fmt::format("{} unavailable", k.kind), ", ");
            continue;
        }
        out.value = out.value.value_or(0.0) + scale * m.value;
        add(out.parts,
            fmt::format("{} {:.4g}{}", k.kind, scale * m.value,
                        k.without.empty() ? "" : " in part of the run"),
            ", ");
    }
    return out;
}

/// "package unavailable (reason)", kinds with the same reason together.
std::vector<std::string> unavailable(const std::vector<KindEnergy>& kinds) {
    std::map<std::string, std::string> kinds_of;  // by reason
    for (const KindEnergy& k : kinds) {
        if (!k.used.unavailable.empty()) add(kinds_of[k.used.unavailable], k.kind, " and ");
    }
    std::vector<std::string> out;
    for (const auto& [reason, of] : kinds_of)
        out.push_back(fmt::format("{} unavailable ({})", of, reason));
    return out;
}

}  // namespace

std::string measured_text(const MeasuredEnergy& measured) {
    const std::vector<KindEnergy> kinds = energy_by_kind(measured);
    const Measure joules = sum_of_used(kinds);
    if (measured.phases.empty() || !joules.unavailable.empty()) return "";
    std::string parts;
    for (const KindEnergy& k : kinds) {
        if (!k.used.unavailable.empty()) continue;
        std::string part = fmt::format("{} {:.4g} J", k.kind, k.used.value);
        if (k.idle.unavailable.empty())
            part += fmt::format(" ({:.4g} J above idle)", k.used.value - k.idle.value);
        if (!k.without.empty()) part += " in part of the run";
        add(parts, part, ", ");
    }
    const double kwh = kilowatt_hours(joules.value, measured.accounting);
    return fmt::format("measured energy: {}; {:.4g} kWh with PUE {:g}, {:.4g} g CO2e\n", parts, kwh,
                       measured.accounting.pue, 1e3 * co2e_kg(kwh, measured.accounting));
}

std::string cell_text(const MeasuredCell& cell) {
    if (!cell.value) return "unavailable";
    return fmt::format("{:.4g}{}", *cell.value, cell.parts.empty() ? "" : " (" + cell.parts + ")");
}

MeasuredCell used_cell(const MeasuredEnergy& measured, const std::string& phase, double scale) {
    return cell(
        energy_by_kind(measured, phase), [](const KindEnergy& k) { return k.used; }, scale);
}

MeasuredCell above_idle_cell(const MeasuredEnergy& measured, const std::string& phase) {
    return cell(
        energy_by_kind(measured, phase),
        [](const KindEnergy& k) {
            return Measure{k.used.value - k.idle.value, k.idle.unavailable};
        },
        1.0);
}

MeasuredCell kilowatt_hours_cell(const MeasuredEnergy& measured) {
    const Measure joules = sum_of_used(energy_by_kind(measured));
    if (!joules.unavailable.empty()) return {};
    return {kilowatt_hours(joules.value, measured.accounting), ""};
}

MeasuredCell co2e_cell(const MeasuredEnergy& measured) {
    const Measure joules = sum_of_used(energy_by_kind(measured));
    if (!joules.unavailable.empty()) return {};
    const EnergyAccounting& a = measured.accounting;
    return {1e3 * co2e_kg(kilowatt_hours(joules.value, a), a), ""};
}

std::string measured_notes(const MeasuredEnergy& measured) {
    const std::vector<KindEnergy> kinds = energy_by_kind(measured);
    std::map<std::string, std::string> domains_of;  // by source
    if (!measured.phases.empty()) {
        for (const auto& [domain, energy] : measured.phases.begin()->second.domains) {
            if (!energy.source.empty()) add(domains_of[energy.source], domain, ", ");
        }
    }
    std::string out;
    for (const auto& [source, domains] : domains_of)
        add(out, fmt::format("{}: {}", domains, source), "; ");
    for (const std::string& text : unavailable(kinds)) add(out, text, "; ");
    bool no_idle = false;
    for (const KindEnergy& k : kinds) {
        if (k.used.unavailable.empty() && !k.without.empty())
            add(out, k.kind + (" lacks " + k.without), "; ");
        if (k.used.unavailable.empty() && !k.idle.unavailable.empty() && !no_idle) {
            add(out, "above idle unavailable (" + k.idle.unavailable + ")", "; ");
            no_idle = true;
        }
    }
    if (kinds.empty()) return "the run has not been measured";
    return out + fmt::format("; PUE {:g}, {:.4g} g CO2e per kWh", measured.accounting.pue,
                             1e3 * measured.accounting.co2e);
}

}  // namespace snnsim
