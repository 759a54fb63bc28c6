#include "src/sonata/nest_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/steps.hpp"
#include "snnsim/error.hpp"
#include "src/text/suggest.hpp"

namespace snnsim::sonata {
namespace {

/// One of NEST's parameters or states: what it is called here, and NEST's default, which is one of
/// absolute potentials, whatever E_L is.
struct Known {
    const char *nest, *name, *unit;
    double standard;
    double factor = 1.0;
    bool initial = false;
};
Known state(const char* nest, const char* name, const char* unit, double standard) {
    return {nest, name, unit, standard, 1.0, true};
}

/// What a cell here does in one way alone.
struct Fixed {
    const char* nest;
    double value;
};

struct Model {
    const char *nest, *name, *weight_unit, *current_unit;
    std::vector<Known> known;
    std::vector<Fixed> fixed;
};

constexpr double lowest = -std::numeric_limits<double>::max();

const std::vector<Known> iaf{
    {"C_m", "c_m", "pF", 250},   {"tau_m", "tau_m", "ms", 10},      {"E_L", "e_l", "mV", -70},
    {"V_th", "v_th", "mV", -55}, {"V_reset", "v_reset", "mV", -70}, {"t_ref", "t_ref", "ms", 2},
    {"I_e", "i_e", "pA", 0},     state("V_m", "v", "mV", -70),
};
const std::vector<Known> synapses{{"tau_syn_ex", "tau_syn_ex", "ms", 2},
                                  {"tau_syn_in", "tau_syn_in", "ms", 2}};

std::vector<Known> operator+(std::vector<Known> a, const std::vector<Known>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// Of the adaptive exponential cells.
const std::vector<Known> aeif{
    {"C_m", "c_m", "pF", 281},
    {"g_L", "g_l", "nS", 30},
    {"E_L", "e_l", "mV", -70.6},
    {"Delta_T", "delta_t", "mV", 2},
    {"V_reset", "v_reset", "mV", -60},
    {"t_ref", "t_ref", "ms", 0},
    {"a", "a", "nS", 4},
    {"b", "b", "pA", 80.5},
    {"tau_w", "tau_w", "ms", 144},
    {"I_e", "i_e", "pA", 0},
    state("V_m", "v", "mV", -70.6),
    state("w", "w", "pA", 0),
};

const std::vector<Known> glif{
    {"C_m", "c_m", "pF", 58.72},
    {"E_L", "e_l", "mV", -78.85},
    {"V_th", "v_th", "mV", -51.68},
    {"V_reset", "v_reset", "mV", -78.85},
    {"t_ref", "t_ref", "ms", 3.75},
    {"voltage_reset_fraction", "voltage_reset_fraction", "", 0.2},
    {"voltage_reset_add", "voltage_reset_add", "mV", 18.51},
    {"th_spike_add", "th_spike_add", "mV", 0.37},
    {"th_spike_decay", "th_spike_decay", "Hz", 0.009, 1000},
    {"th_voltage_index", "th_voltage_index", "Hz", 0.005, 1000},
    {"th_voltage_decay", "th_voltage_decay", "Hz", 0.09, 1000},
    state("V_m", "v", "mV", -78.85),
};

const std::vector<Model>& models() {
    static const std::vector<Model> all{
        {"iaf_psc_exp", "iaf_psc_exp", "pA", "pA", iaf + synapses, {{"delta", 0}}},
        {"iaf_psc_alpha", "iaf_psc_alpha", "pA", "pA", iaf + synapses, {{"V_min", lowest}}},
        {"iaf_psc_delta",
         "iaf_psc_delta",
         "mV",
         "pA",
         iaf,
         {{"V_min", lowest}, {"refractory_input", 0}}},
        {"iaf_cond_exp",
         "iaf_cond_exp",
         "nS",
         "pA",
         {{"C_m", "c_m", "pF", 250},
          {"g_L", "g_l", "nS", 16.6667},
          {"E_L", "e_l", "mV", -70},
          {"V_th", "v_th", "mV", -55},
          {"V_reset", "v_reset", "mV", -60},
          {"t_ref", "t_ref", "ms", 2},
          {"E_ex", "e_ex", "mV", 0},
          {"E_in", "e_in", "mV", -85},
          {"tau_syn_ex", "tau_syn_ex", "ms", 0.2},
          {"tau_syn_in", "tau_syn_in", "ms", 2},
          {"I_e", "i_e", "pA", 0},
          state("V_m", "v", "mV", -70),
          state("g_ex", "g_ex", "nS", 0),
          state("g_in", "g_in", "nS", 0)},
         {}},
        {"aeif_cond_exp",
         "aeif_cond_exp",
         "nS",
         "pA",
         aeif + std::vector<Known>{{"V_th", "v_th", "mV", -50.4},
                                   {"V_peak", "v_peak", "mV", 0},
                                   {"E_ex", "e_ex", "mV", 0},
                                   {"E_in", "e_in", "mV", -85},
                                   {"tau_syn_ex", "tau_syn_ex", "ms", 0.2},
                                   {"tau_syn_in", "tau_syn_in", "ms", 2},
                                   state("g_ex", "g_ex", "nS", 0),
                                   state("g_in", "g_in", "nS", 0)},
         {}},
        {"aeif_psc_delta_clopath",
         "aeif_psc_delta_clopath",
         "mV",
         "pA",
         aeif + std::vector<Known>{{"V_peak", "v_peak", "mV", 33},
                                   {"I_sp", "i_sp", "pA", 400},
                                   {"tau_z", "tau_z", "ms", 40},
                                   {"V_th_rest", "v_th_rest", "mV", -50.4},
                                   {"V_th_max", "v_th_max", "mV", 30.4},
                                   {"tau_V_th", "tau_v_th", "ms", 50},
                                   {"V_clamp", "v_clamp", "mV", 33},
                                   {"t_clamp", "t_clamp", "ms", 2}},
         {}},
        {"hh_cond_exp_traub",
         "hh_cond_exp_traub",
         "nS",
         "pA",
         {{"C_m", "c_m", "pF", 200},
          {"g_L", "g_l", "nS", 10},
          {"g_Na", "g_na", "nS", 20000},
          {"g_K", "g_k", "nS", 6000},
          {"E_L", "e_l", "mV", -60},
          {"E_Na", "e_na", "mV", 50},
          {"E_K", "e_k", "mV", -90},
          {"V_T", "v_t", "mV", -63},
          {"t_ref", "t_ref", "ms", 2},
          {"E_ex", "e_ex", "mV", 0},
          {"E_in", "e_in", "mV", -80},
          {"tau_syn_ex", "tau_syn_ex", "ms", 5},
          {"tau_syn_in", "tau_syn_in", "ms", 10},
          {"I_e", "i_e", "pA", 0},
          state("V_m", "v", "mV", -60),
          state("Act_m", "m", "", 9.895563096746586e-09),
          state("Inact_h", "h", "", 0.999999999106396),
          state("Act_n", "n", "", 2.551577051602551e-07)},
         {}},
        {"hh_psc_alpha_gap",
         "hh_psc_alpha_gap",
         "pA",
         "pA",
         {{"C_m", "c_m", "pF", 40},
          {"g_L", "g_l", "nS", 10},
          {"g_Na", "g_na", "nS", 4500},
          {"g_Kv1", "g_kv1", "nS", 9},
          {"g_Kv3", "g_kv3", "nS", 9000},
          {"E_L", "e_l", "mV", -70},
          {"E_Na", "e_na", "mV", 74},
          {"E_K", "e_k", "mV", -90},
          {"t_ref", "t_ref", "ms", 2},
          {"tau_syn_ex", "tau_syn_ex", "ms", 0.2},
          {"tau_syn_in", "tau_syn_in", "ms", 2},
          {"I_e", "i_e", "pA", 0},
          state("V_m", "v", "mV", -69.60401191631222),
          state("Act_m", "m", "", 0.019198766985083732),
          state("Inact_h", "h", "", 0.868462041294399),
          state("Act_n", "n", "", 0.0005741576228359767),
          state("Inact_p", "p", "", 0.0002511318227150632)},
         {}},
        {"izhikevich",
         "izhikevich",
         "",
         "",
         {{"a", "a", "", 0.02},
          {"b", "b", "", 0.2},
          {"c", "c", "mV", -65},
          {"d", "d", "", 8},
          {"V_th", "v_peak", "mV", 30},
          {"I_e", "i_e", "", 0},
          state("V_m", "v", "mV", -65),
          state("U_m", "u", "", -13)},
         {{"V_min", lowest}}},
        {"glif_psc",
         "glif",
         "pA",
         "pA",
         glif + std::vector<Known>{{"g", "g_l", "nS", 9.43},
                                   state("threshold_spike", "th_spike", "mV", 0),
                                   state("threshold_voltage", "th_voltage", "mV", 0)},
         {}},
        {"glif_cond",
         "glif_cond",
         "nS",
         "pA",
         glif + std::vector<Known>{{"g_m", "g_l", "nS", 9.43}},
         {}},
    };
    return all;
}

const Model* find(const std::string& nest) {
    const auto at = std::find_if(models().begin(), models().end(),
                                 [&](const Model& m) { return m.nest == nest; });
    return at == models().end() ? nullptr : &*at;
}

/// What NEST keeps for plasticity and integration, and what changes nothing here.
bool without_effect(const std::string& name) {
    static const std::vector<std::string> names{
        "Ca", "beta_Ca", "tau_Ca", "tau_minus", "tau_minus_triplet", "t_spike", "rho", "asc_init",
        "gsl_error_tol", "ignore_and_spike_interval", "A_LTD", "A_LTP", "A_LTD_const", "theta_plus",
        "theta_minus", "u_bar_plus", "u_bar_minus", "u_bar_bar", "u_ref_squared", "delay_u_bars",
        "tau_u_bar_plus", "tau_u_bar_minus", "tau_u_bar_bar", "ignore_and_spike_offset",
        // of NESTML's and older modules, which bmtk leaves in files
        "V_dynamics_method"};
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Takes what is asked for out of the parameters; what is left over nobody knows.
class Taker {
  public:
    explicit Taker(const NestParameters& given) : left_(given) {}

    double scalar(const std::string& name, double standard) {
        const std::vector<double> all = list(name, {standard});
        if (all.size() != 1) throw FileError(fmt::format("'{}' must be one number", name));
        return all[0];
    }
    std::vector<double> list(const std::string& name, std::vector<double> standard) {
        const auto at = left_.find(name);
        if (at == left_.end()) return standard;
        std::vector<double> out = std::move(at->second);
        left_.erase(at);
        return out;
    }
    void expect_none(const Model& model) {
        std::erase_if(left_, [](const auto& one) { return without_effect(one.first); });
        if (left_.empty()) return;
        std::vector<std::string> names, known;
        for (const auto& [name, values] : left_) {
            if (names.size() < 10) names.push_back("'" + name.substr(0, 40) + "'");
        }
        for (const Known& k : model.known) known.push_back(k.nest);
        throw FileError(
            fmt::format("{} is not known of {}{}", join(names), model.nest,
                        names.size() == 1 ? did_you_mean(left_.begin()->first, known) : ""));
    }

  private:
    NestParameters left_;
};

void take_glif(Taker& given, bool conducts, Cell& cell) {
    const bool threshold = given.scalar("spike_dependent_threshold", 0) != 0.0,
               currents = given.scalar("after_spike_currents", 0) != 0.0,
               adapts = given.scalar("adapting_threshold", 0) != 0.0;
    if (adapts && !(threshold && currents))
        throw FileError(
            "adapting_threshold needs spike_dependent_threshold and "
            "after_spike_currents, as in NEST");
    const int level = adapts ? 5 : threshold && currents ? 4 : currents ? 3 : threshold ? 2 : 1;
    cell.choices.emplace_back("level", fmt::format("glif{}", level));
    const auto amps = given.list("asc_amps", {-9.18, -198.94}),
               decay = given.list("asc_decay", {0.003, 0.1}), r = given.list("asc_r", {1, 1}),
               first = given.list("ASCurrents", std::vector<double>(amps.size(), 0.0));
    if (amps.size() > 2)
        throw FileError(
            fmt::format("asc_amps has {} currents; a cell here has two at most", amps.size()));
    if (decay.size() != amps.size() || r.size() != amps.size() || first.size() != amps.size())
        throw FileError("asc_amps, asc_decay, asc_r and ASCurrents must be of one length");
    for (std::size_t k = 0; k < amps.size(); ++k) {
        const std::string n = fmt::format("_{}", k + 1);
        cell.values.push_back({"", "asc_amp" + n, "pA", amps[k]});
        cell.values.push_back({"", "asc_decay" + n, "Hz", 1000.0 * decay[k]});
        cell.values.push_back({"", "asc_r" + n, "", r[k]});
        cell.values.push_back({"", "asc" + n, "pA", first[k], 1.0, true});
    }
    for (std::size_t k = amps.size(); k < 2; ++k)
        cell.values.push_back({"", fmt::format("asc_amp_{}", k + 1), "pA", 0.0});
    const auto tau =
        given.list("tau_syn", conducts ? std::vector<double>{0.2, 2.0} : std::vector<double>{2.0});
    const auto reversal =
        conducts ? given.list("E_rev", std::vector<double>{0.0, -85.0}) : std::vector<double>{};
    if (tau.empty() || tau.size() > 4)
        throw FileError(
            fmt::format("tau_syn names {} receptors; a cell here has 1 to 4", tau.size()));
    if (conducts && reversal.size() != tau.size())
        throw FileError("tau_syn and E_rev must be of one length");
    for (std::size_t k = 0; k < tau.size(); ++k) {
        cell.values.push_back({"", fmt::format("tau_syn_{}", k + 1), "ms", tau[k]});
        if (conducts)
            cell.values.push_back({"", fmt::format("e_rev_{}", k + 1), "mV", reversal[k]});
    }
    cell.ports = static_cast<int>(tau.size());
}

/// NEST rounds a refractory time up to the next step, and all times to 0.001 ms before; here it
/// goes to the nearest.
double rounded_up(double t_ref, double dt) {
    const double steps = std::ceil(std::round(t_ref * 1000.0) / 1000.0 / dt - 1e-9);
    return rounded_steps(t_ref, dt) == steps ? t_ref : std::round(steps * dt * 1e9) / 1e9;
}

double default_t_ref(const Model& model) {
    const auto found = std::find_if(model.known.begin(), model.known.end(),
                                    [](const Known& k) { return k.nest == std::string("t_ref"); });
    return found == model.known.end() ? 0.0 : found->standard;
}
/// What a glif lets decay while it is refractory decays over its t_ref: where that goes to another
/// step than NEST's, the nearest time that goes to NEST's.
void settle_t_ref(Cell& cell, double given, double dt) {
    const bool decays = std::none_of(cell.choices.begin(), cell.choices.end(),
                                     [](const auto& c) { return c.second == "glif1"; });
    for (CellValue& v : cell.values) {
        if (v.name != "t_ref" || v.value == given || !decays) continue;
        const double steps = rounded_steps(v.value, dt);
        const double least = (steps - 0.5) * dt * (1.0 + 1e-9);
        if (rounded_steps(least, dt) == steps) v.value = std::max(given, least);
        cell.moved_t_ref = given;
    }
}

}  // namespace

std::string Cell::kind() const {
    std::string out = model;
    // Two glif cells may list another number of currents or receptors.
    for (const auto& [key, choice] : choices) out += " " + choice;
    for (const CellValue& v : values) out += v.nest.empty() ? " " + v.name : "";
    return out;
}

std::string known_nest_models() {
    std::vector<std::string> names;
    for (const Model& m : models()) names.push_back(m.nest);
    return join(names);
}

bool knows_nest_model(const std::string& model) {
    return find(model) != nullptr;
}

double value_of(const CellValue& parameter, double value, double dt) {
    if (!std::isfinite(value) || std::abs(value) > 1e30)
        throw FileError(fmt::format("{} is {}", parameter.nest, value));
    return parameter.name == "t_ref" ? rounded_up(value, dt) : value * parameter.factor;
}

Cell cell_of(const std::string& model, const NestParameters& given, double dt) {
    const Model* const found = find(model);
    SNN_EXPECT(found != nullptr);
    Taker taker(given);
    Cell out{found->name, {}, {}, found->weight_unit, found->current_unit};
    for (const Known& k : found->known) {
        CellValue v{k.nest, k.name, k.unit, 0.0, k.factor, k.initial};
        v.value = value_of(v, taker.scalar(k.nest, k.standard), dt);
        out.values.push_back(std::move(v));
    }
    for (const Fixed& f : found->fixed) {
        const double value = taker.scalar(f.nest, f.value);
        if (value == f.value || (f.value == lowest && value < -1e300)) continue;
        throw FileError(fmt::format("'{}' is {}, which the cell here does not do; leave it out",
                                    f.nest, value));
    }
    if (taker.scalar("ignore_and_spike", 0) != 0.0)
        throw FileError("'ignore_and_spike' is what the cell here does not do; leave it out");
    if (out.model == "glif" || out.model == "glif_cond") {
        take_glif(taker, out.model == "glif_cond", out);
        const auto t_ref = given.find("t_ref");
        settle_t_ref(out, t_ref == given.end() ? default_t_ref(*found) : t_ref->second.at(0), dt);
    }
    if (out.model == "izhikevich")
        out.choices.emplace_back("scheme", taker.scalar("consistent_integration", 1) != 0.0
                                               ? "euler"
                                               : "published_2003");
    taker.expect_none(*found);
    return out;
}

NestParameters parameters_of(const Item& object) {
    NestParameters out;
    for (const auto& [key, item] : object.members()) {
        std::vector<double> values;
        if (item.value().is_null() || (item.value().is_string() && without_effect(key))) continue;
        for (const Item& one : item.items())
            values.push_back(one.value().is_boolean() ? (one.flag() ? 1.0 : 0.0) : one.number());
        out.emplace(key, std::move(values));
    }
    return out;
}

bool is_allen_glif(const std::string& model, const Item& object) {
    const std::optional<Item> type = object.find("type");
    return model.starts_with("glif") && type && type->value().is_string() && type->text() == "GLIF";
}

std::pair<std::string, NestParameters> allen_glif(const std::string& model, const Item& object) {
    const std::string base = "glif_lif", end = "_psc";
    if (!model.starts_with(base) || !model.ends_with(end))
        object.fail(
            fmt::format("of a neuron of the Allen Institute's database only nest:glif_lif_psc, "
                        "..._r_psc, ..._asc_psc, ..._r_asc_psc and ..._r_asc_a_psc are "
                        "known, not '{}'",
                        model.substr(0, 40)));
    const std::string kind = model.substr(base.size(), model.size() - base.size() - end.size());
    const bool r = kind == "_r" || kind == "_r_asc" || kind == "_r_asc_a",
               asc = kind == "_asc" || kind == "_r_asc" || kind == "_r_asc_a",
               a = kind == "_r_asc_a";
    if (!kind.empty() && !r && !asc)
        object.fail(fmt::format("'{}' is not known", model.substr(0, 40)));
    const Item coeffs = object.at("coeffs");
    const auto number = [&](const char* key) { return object.at(key).number(); };
    const auto list = [](const Item& of, const char* key) {
        std::vector<double> out;
        for (const Item& one : of.at(key).items()) out.push_back(one.number());
        return out;
    };
    const double mv = 1e3, reference = number("El_reference") * mv;
    NestParameters out;
    out["V_m"] = out["E_L"] = {number("El") * mv + reference};
    out["V_th"] = {coeffs.at("th_inf").number() * number("th_inf") * mv + reference};
    out["g"] = {coeffs.at("G").number() / number("R_input") * 1e9};
    out["C_m"] = {coeffs.at("C").number() * number("C") * 1e12};
    out["t_ref"] = {number("spike_cut_length") * number("dt") * 1e3};
    out["tau_syn"] = {5.5, 8.5, 2.8, 5.8};
    out["spike_dependent_threshold"] = {r ? 1.0 : 0.0};
    out["after_spike_currents"] = {asc ? 1.0 : 0.0};
    out["adapting_threshold"] = {a ? 1.0 : 0.0};
    if (!r) out["V_reset"] = {reference};
    if (r) {
        const Item threshold = object.at("threshold_dynamics_method").at("params"),
                   reset = object.at("voltage_reset_method").at("params");
        out["th_spike_add"] = {threshold.at("a_spike").number() * mv};
        out["th_spike_decay"] = {threshold.at("b_spike").number() * 1e-3};
        out["voltage_reset_fraction"] = {reset.at("a").number()};
        out["voltage_reset_add"] = {reset.at("b").number() * mv};
        if (a) {
            out["th_voltage_index"] = {threshold.at("a_voltage").number() *
                                       coeffs.at("a").number() * 1e-3};
            out["th_voltage_decay"] = {threshold.at("b_voltage").number() *
                                       coeffs.at("b").number() * 1e-3};
        }
    }
    if (asc) {
        const std::vector<double> tau = list(object, "asc_tau_array"),
                                  amps = list(object, "asc_amp_array"),
                                  factors = list(coeffs, "asc_amp_array");
        if (factors.size() != amps.size())
            coeffs.fail("asc_amp_array must be as long as that of the neuron");
        for (const double t : tau) out["asc_decay"].push_back(1.0 / t * 1e-3);
        for (std::size_t k = 0; k < amps.size(); ++k)
            out["asc_amps"].push_back(amps[k] * factors[k] * 1e12);
        out["asc_r"].assign(amps.size(), 1.0);
    }
    for (const auto& [name, values] : out) {
        for (const double v : values) {
            if (!std::isfinite(v)) object.fail(fmt::format("{} becomes {}", name, v));
        }
    }
    return {"glif_psc", out};
}

}  // namespace snnsim::sonata
