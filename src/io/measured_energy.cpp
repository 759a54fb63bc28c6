#include "src/io/measured_energy.hpp"

#include "src/energy/accounting.hpp"

namespace snnsim {
namespace {

constexpr const char* group = "energy/measured";

void write_quantity(hid_t object, const std::string& name, double value, const char* units) {
    h5::write_number(object, name, value);
    h5::write_text(object, name + "_units", units);
}

/// The number, or beside it the reason why there is none.
void write_measure(hid_t object, const std::string& name, const Measure& m) {
    if (m.unavailable.empty()) {
        write_quantity(object, name, m.value, "J");
    } else {
        h5::write_text(object, name + "_unavailable", m.unavailable);
    }
}

Measure read_measure(hid_t object, const std::string& name) {
    if (h5::has_attribute(object, name)) return {h5::read_number<double>(object, name), ""};
    return {0.0, h5::read_text(object, name + "_unavailable")};
}

void write_sums(hid_t g, const MeasuredEnergy& measured) {
    const std::vector<KindEnergy> kinds = energy_by_kind(measured);
    const Measure joules = sum_of_used(kinds);
    write_measure(g, "joules", joules);
    if (!joules.unavailable.empty()) return;
    const double kwh = kilowatt_hours(joules.value, measured.accounting);
    write_quantity(g, "energy_with_pue", kwh, "kWh");
    write_quantity(g, "co2e", co2e_kg(kwh, measured.accounting), "kg");
    std::string without;
    for (const KindEnergy& k : kinds) {
        const std::string lacks =
            k.used.unavailable.empty() ? k.without : k.kind + (" (" + k.used.unavailable + ")");
        if (!lacks.empty()) without += (without.empty() ? "" : "; ") + lacks;
    }
    if (!without.empty()) h5::write_text(g, "joules_without", without);
}

}  // namespace

void write_measured(hid_t root, const MeasuredEnergy& measured) {
    if (h5::exists(root, group)) h5::remove_link(root, group);
    if (measured.phases.empty()) return;
    const h5::Handle g = h5::make_group(root, group);
    write_quantity(g, "pue", measured.accounting.pue, "1");
    write_quantity(g, "co2e_intensity", measured.accounting.co2e, "kg/kWh");
    write_sums(g, measured);
    for (const auto& [name, phase] : measured.phases) {
        const std::string at = std::string(group) + "/" + name;
        write_quantity(h5::make_group(root, at), "seconds", phase.seconds, "s");
        for (const auto& [domain, energy] : phase.domains) {
            const h5::Handle d = h5::make_group(root, at + "/" + domain);
            h5::write_text(d, "source", energy.source);
            write_measure(d, "joules", energy.used);
            write_measure(d, "idle_joules", energy.idle);
            h5::write_text(d, "note", energy.note);
        }
    }
}

MeasuredEnergy read_measured(hid_t root) {
    MeasuredEnergy out;
    if (!h5::exists(root, group)) return out;
    const h5::Handle g = h5::open_group(root, group);
    out.accounting = {h5::read_number<double>(g, "pue"),
                      h5::read_number<double>(g, "co2e_intensity")};
    for (const std::string& name : h5::children(root, group)) {
        const std::string at = std::string(group) + "/" + name;
        PhaseEnergy& phase = out.phases[name];
        phase.seconds = h5::read_number<double>(h5::open_group(root, at), "seconds");
        for (const std::string& domain : h5::children(root, at)) {
            const h5::Handle d = h5::open_group(root, at + "/" + domain);
            phase.domains[domain] = {h5::read_text(d, "source"), read_measure(d, "joules"),
                                     read_measure(d, "idle_joules"), h5::read_text(d, "note")};
        }
    }
    return out;
}

}  // namespace snnsim
