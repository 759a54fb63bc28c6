// Checks of projections: ends, rules, weights, delays, and how many synapses there are.
#include <fmt/format.h>

#include "src/model/distribution.hpp"
#include "src/model/simulation_checks.hpp"
#include "src/model/units.hpp"
#include "src/space/window.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim {

namespace {

/// Random pairs, of which some come more than once.
bool check_total_number(SimulationView& model, const ConnectSpec& connect, const std::string& k) {
    if (connect.rule != Rule::fixed_total_number) return true;
    if (connect.p >= 1.0) {
        model.add({"projections", k, "connect", "p"},
                  "p must be less than 1: with random pairs no number of synapses reaches all");
        return false;
    }
    if (!connect.multapses) {
        model.add({"projections", k, "connect", "multapses"},
                  "fixed_total_number draws every pair anew and so has multapses; without them "
                  "use fixed_in_degree, fixed_out_degree or fixed_probability");
        return false;
    }
    return true;
}

/// Synapses that a rule draws partners for, one after the other, once the network is scaled; those
/// of the other rules follow without a search.
double drawn_count(const ConnectSpec& connect, const ScaleSpec& scale) {
    switch (connect.rule) {
        case Rule::fixed_in_degree:
        case Rule::fixed_out_degree:
            return std::round(static_cast<double>(connect.n) * scale.in_degrees);
        case Rule::fixed_total_number:
            return connect.p > 0.0 ? 1.0 : static_cast<double>(connect.n);
        case Rule::pairwise_poisson:
            return connect.p > 0.0 ? 1.0 : 0.0;
        default:
            return 0.0;
    }
}

/// There is a partner to find.
void check_partners(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec& from,
                    const CellPopulationSpec& to, const std::string& k) {
    if (&from != &to || s.connect.autapses || model.cells(to) > 1.0) return;
    if (drawn_count(s.connect, model.spec.scale) < 1.0) return;
    model.add({"projections", k, "connect"},
              fmt::format("{} finds no partner: '{}' has one cell{}, and with autapses: false it "
                          "may not connect to itself; write more cells, or autapses: true",
                          name_of(s.connect.rule), to.name, to.size > 1 ? " after scaling" : ""));
}

void check_sizes(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec& from,
                 const CellPopulationSpec& to, const std::string& k) {
    const ConnectSpec& connect = s.connect;
    check_rule_sizes(model, s, k, from.size, to.size, static_cast<std::int64_t>(model.cells(from)),
                     static_cast<std::int64_t>(model.cells(to)));
    const bool in = connect.rule == Rule::fixed_in_degree;
    if ((!in && connect.rule != Rule::fixed_out_degree) || connect.multapses) return;
    const CellPopulationSpec& others = in ? from : to;
    const bool itself = &from == &to && !connect.autapses;
    const double available = model.cells(others) - (itself ? 1.0 : 0.0);
    const double n = drawn_count(connect, model.spec.scale);
    if (n <= available || available < 1.0) return;  // see check_partners
    const bool scaled = model.spec.scale.neurons < 1.0 || model.spec.scale.in_degrees < 1.0;
    model.add(
        {"projections", k, "connect", "n"},
        fmt::format("n is {:.0f}{}, but '{}' has only {}; write a smaller n, or "
                    "multapses: true",
                    n, scaled ? " after scaling" : "", others.name,
                    counted(static_cast<std::int64_t>(available),
                            std::string(itself ? "other " : "") + (in ? "source" : "target"))));
}

/// What `scale` makes of the rule. All-to-all and one-to-one cannot be thinned out.
void check_scaled_rule(SimulationView& model, const SynapsesSpec& s, const std::string& k) {
    const ScaleSpec& scale = model.spec.scale;
    const ConnectSpec& connect = s.connect;
    const bool scaled = scale.neurons < 1.0 || scale.in_degrees < 1.0;
    for (const auto& [key, given] : {std::pair{"weight", s.weight_file.has_value()},
                                     std::pair{"bias", s.bias_file.has_value()}}) {
        if (!scaled || !given) continue;
        model.add({"projections", k, key},
                  fmt::format("scale cannot make what a file holds smaller; leave scale out, or "
                              "give '{}' without a file",
                              key));
        return;
    }
    const double p = connect.p * scale.in_degrees / scale.neurons;
    if (connect.rule == Rule::fixed_probability && p > 1.0 + 1e-9) {
        model.add({"projections", k, "connect", "p"},
                  fmt::format("p is {:.3g} after scaling, as fewer cells keep their in-degree; "
                              "write scale.in_degrees: {:.3g} or less",
                              p, scale.neurons / connect.p));
    }
    if (s.in_space() && scale.in_degrees < 1.0) {
        model.add({"projections", k, "connect"},
                  "scale cannot thin out what depends on the distance; leave scale out");
        return;
    }
    if ((connect.rule == Rule::conv || connect.rule == Rule::pool) && scaled) {
        model.add({"projections", k, "connect"},
                  "scale cannot make a window smaller; use another rule");
    }
    if (connect.rule == Rule::list && scaled) {
        model.add({"projections", k, "connect"},
                  "scale cannot make a list of synapses smaller; use another rule");
    }
    const bool fixed = connect.rule == Rule::all_to_all || connect.rule == Rule::one_to_one ||
                       connect.rule == Rule::blocks;
    if (fixed && scale.in_degrees < 1.0) {
        model.add({"projections", k, "connect"},
                  fmt::format("scale.in_degrees ({:g}) cannot take synapses away from {}; use "
                              "another rule",
                              scale.in_degrees, name_of(connect.rule)));
    }
}

void check_delay(SimulationView& model, const SynapsesSpec& s, const std::string& k) {
    if (!model.sound({"projections", k, "delay"}) || !model.sound({"dt"})) return;
    const double dt = model.spec.dt, greatest = extent(s.delay).second;
    const double longest = std::isfinite(greatest) ? greatest : s.delay.mean;
    if (s.delay.of_distance()) {
        if (greatest / dt < 0.5 - step_tolerance)
            model.add({"projections", k, "delay"},
                      fmt::format("delay is {:g} ms at most, less than half a dt ({:g} ms); write "
                                  "a greater offset",
                                  greatest, dt));
        return;
    }
    if (longest < dt * (1.0 - 1e-9)) {
        model.add({"projections", k, "delay"},
                  fmt::format("delay ({:g} ms) is shorter than dt ({:g} ms), the shortest that "
                              "there is; write at least {:g} ms, or a smaller dt",
                              longest, dt, dt));
    } else if (longest > most_delay_steps * dt * (1.0 + 1e-9)) {
        model.add({"projections", k, "delay"},
                  fmt::format("delay ({:g} ms) is longer than {:.0f} steps of dt ({:g} ms); write "
                              "at most {:g} ms",
                              longest, most_delay_steps, dt, most_delay_steps * dt));
    } else if (s.delay.constant() && model.given({"projections", k, "delay"})) {
        check_rounded(model, {"projections", k, "delay"}, "delay", s.delay.mean, dt);
    }
}

void check_weight(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec* to,
                  const std::string& k) {
    if (!s.weight_given && s.connect.rule != Rule::list && s.connect.rule != Rule::conv) {
        model.add({"projections", k},
                  fmt::format("projections[{}] is missing the key 'weight': value or distribution, "
                              "in the unit of the target's input",
                              k));
        return;
    }
    if (to && s.weight_file) {  // in the unit of the target's input
        if (s.connect.rule != Rule::all_to_all && model.sound({"projections", k, "connect"}))
            model.add({"projections", k, "connect"},
                      "the file says which synapses there are; write connect: all_to_all");
        for (const char* key : {"autapses", "own"}) {
            if (model.given({"projections", k, "connect", key}))
                model.add({"projections", k, "connect", key},
                          fmt::format("the file says which synapses there are; leave {} out", key));
        }
        return;
    }
    if (to && s.weight_given) {
        check_unit(model, {"projections", k, "weight"}, "weight", s.weight,
                   input_unit_of(*to, s.receptor), *to);
        check_sign(model, {"projections", k, "weight"}, "weight", s.weight, s.receptor, *to);
    }
    if (!s.dale || !model.sound({"projections", k, "weight"})) return;
    const auto [least, greatest] = extent(s.weight);
    if (least >= 0.0 || greatest <= 0.0) return;
    const std::string zero = s.weight.unit.empty() ? "0" : "0 " + s.weight.unit;
    model.add(
        {"projections", k, "weight"},
        fmt::format("with dale: true all weights have one sign, but {} gives both; write {}",
                    s.weight.of_distance() ? "this law of the distance" : name_of(s.weight.shape),
                    s.weight.shape == Shape::uniform
                        ? "low and high of one sign"
                        : fmt::format("low: {} or high: {}", zero, zero)));
}

/// Of a population with dale: true: all that begins there has one sign.
void check_dale(SimulationView& model, const CellPopulationSpec& p) {
    if (!p.dale) return;
    const SynapsesSpec* first = nullptr;
    double sign = 0.0;
    for (std::size_t n = 0; n < model.spec.projections.size(); ++n) {
        const SynapsesSpec& s = model.spec.projections[n];
        const std::string k = std::to_string(n);
        if (s.from != p.name || !s.weight_given || s.weight_file ||
            !model.sound({"projections", k, "weight"}))
            continue;
        const auto [least, greatest] = extent(s.weight);
        if (least < 0.0 && greatest > 0.0) continue;  // see check_weight
        const double own = least < 0.0 ? -1.0 : greatest > 0.0 ? 1.0 : 0.0;
        if (own * sign < 0.0) {
            model.add({"projections", k, "weight"},
                      fmt::format("with dale: true all weights of '{}' have one sign, but those of "
                                  "'{}' are {} and these are {}",
                                  p.name, first->name(), sign > 0.0 ? "positive" : "negative",
                                  own > 0.0 ? "positive" : "negative"));
            return;
        }
        if (sign == 0.0 && own != 0.0) {
            sign = own;
            first = &s;
        }
    }
}

/// [rows, columns] of a window, or of what moves it.
bool check_two(SimulationView& model, const std::vector<std::int64_t>& numbers, const char* key,
               const std::string& k) {
    if (numbers.empty() || numbers.size() == 2) return true;
    model.add({"projections", k, "connect", key},
              fmt::format("{} is [rows, columns], two numbers; found {}", key, numbers.size()));
    return false;
}

void check_window(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec& from,
                  const CellPopulationSpec& to, const std::string& k) {
    const ConnectSpec& c = s.connect;
    for (const CellPopulationSpec* p : {&from, &to}) {
        if (p->space && p->space->grid.size() >= 2) continue;
        model.add({"projections", k, "connect"},
                  fmt::format("{} moves a window over a grid, but '{}' has none; give it `space`, "
                              "for example 'space: {{grid: [28, 28], order: rows}}'",
                              name_of(c.rule), p->name));
        return;
    }
    if (!check_two(model, c.window, "window", k) || !check_two(model, c.stride, "stride", k) ||
        !check_two(model, c.padding, "padding", k))
        return;
    if (s.procedural) return;  // see check_procedural
    if (c.rule == Rule::conv && c.file.empty() == c.window.empty()) {
        model.add({"projections", k, "connect"},
                  c.file.empty() ? "conv is missing the key 'file' (or 'window', with one weight "
                                   "for all), for example 'file: kernel.npy'"
                                 : "the file says how large the window is; leave window out");
        return;
    }
    if (c.file.empty() != s.weight_given && c.rule == Rule::conv) {
        model.add({"projections", k}, c.file.empty()
                                          ? "a window without a file needs a weight"
                                          : "the file has the weights; leave weight out");
        return;
    }
    if (!s.weight.constant() && model.sound({"projections", k, "weight"}))
        model.add({"projections", k, "weight"},
                  "the weight of a window is a single value; write others into a file");
    if (!s.delay.constant() && model.sound({"projections", k, "delay"}))
        model.add({"projections", k, "delay"}, "the delay of a window is a single value");
    if (c.window.empty()) return;  // a file says it
    const std::string wrong = window_problem(from, to, c, c.window);
    if (!wrong.empty()) model.add({"projections", k, "connect"}, wrong);
}

/// A list gives what its projection does not, so that only what is the same for all is left.
void check_list(SimulationView& model, const SynapsesSpec& s, const std::string& k) {
    const auto check = [&](const char* key, const Distribution& d) {
        if (d.constant() || !model.sound({"projections", k, key})) return;
        model.add({"projections", k, key},
                  fmt::format("beside a list, {} must be a single value; write others into a "
                              "column '{}' of the file",
                              key, key));
    };
    check("weight", s.weight);
    check("delay", s.delay);
    check_list_file(model, s.connect.file, k);
}

void check_bias(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec& to,
                const std::string& k) {
    if (!s.bias_file) return;
    const CellFacts facts = facts_of(to);
    if (facts.current_unit && !*facts.current_unit) return;
    model.add({"projections", k, "bias"},
              fmt::format("a bias has no unit, but '{}' ({}) takes {}; write a `dc` stimulus",
                          to.name, facts.model,
                          facts.current_unit ? kind_name(facts.current_unit) : "no current"));
}

void check_procedural(SimulationView& model, const SynapsesSpec& s, const std::string& k) {
    if (s.procedural && s.weight_file)
        model.add({"projections", k, "procedural"},
                  "procedural draws the synapses of a source when it fires, but here a file has "
                  "them; leave procedural out");
    if (!s.procedural) return;
    const ConnectSpec& c = s.connect;
    std::string why;
    if (c.rule == Rule::list || c.rule == Rule::conv || c.rule == Rule::pool) {
        why = fmt::format("{} is not drawn; leave procedural out",
                          c.rule == Rule::list ? "a list" : "a window");
    } else if (c.rule == Rule::symmetric_pairwise_bernoulli) {
        why = "half of them were drawn for other cells; use fixed_probability";
    } else if (c.rule == Rule::fixed_in_degree && c.by_distance()) {
        why =
            "fixed_in_degree by the distance draws by target; use fixed_out_degree or "
            "fixed_probability";
    } else if (c.rule == Rule::fixed_in_degree && !c.multapses) {
        why =
            "whether a target has a source already only the target knows; write multapses: "
            "true, or use fixed_probability";
    } else if (c.rule == Rule::fixed_in_degree && s.from == s.to && !c.autapses) {
        why =
            "a target that must leave itself out cannot tell its source; write autapses: true, "
            "or use fixed_probability";
    }
    if (!why.empty())
        model.add({"projections", k, "procedural"},
                  "procedural draws the synapses of a source when it fires, but " + why);
}

double full_count(const ConnectSpec& connect, double sources, double targets) {
    const double pairs = sources * targets, n = static_cast<double>(connect.n);
    const bool degree =
        connect.rule == Rule::fixed_in_degree || connect.rule == Rule::fixed_out_degree;
    if (connect.by_distance() && !degree) return 0.0;  // far fewer than pairs; see check_memory
    switch (connect.rule) {
        case Rule::all_to_all:
            return pairs;
        case Rule::one_to_one:
            return sources;
        case Rule::blocks:
            return std::max(sources, targets);
        case Rule::fixed_probability:
        case Rule::pairwise_poisson:
        case Rule::symmetric_pairwise_bernoulli:
            return connect.p * pairs;
        case Rule::fixed_in_degree:
            return n * targets;
        case Rule::fixed_out_degree:
            return n * sources;
        case Rule::fixed_total_number:
            return connect.p > 0.0 ? std::log1p(-connect.p) / std::log1p(-1.0 / pairs) : n;
        case Rule::conv:
        case Rule::pool:
        case Rule::list:
        default:
            return 0.0;  // known when it is read
    }
}

}  // namespace

void check_synapses(SimulationView& model) {
    constexpr double most = 0x1p50;  // memory is looked at elsewhere
    ProjectionNames names;
    double count = 0.0;
    for (std::size_t n = 0; n < model.spec.projections.size(); ++n) {
        const SynapsesSpec& s = model.spec.projections[n];
        const std::string k = std::to_string(n);
        const CellPopulationSpec* from = model.find(s.from, {"projections", k, "from"});
        const CellPopulationSpec* to = model.find(s.to, {"projections", k, "to"});
        names.check(model, n, s.name());
        const bool to_known = to && model.model_known(*to);
        if (to_known && facts_of(*to).receptors == 0) {
            model.add({"projections", k, "to"},
                      fmt::format("'{}' is a {}, which takes no input", s.to, facts_of(*to).model));
        } else {
            const bool found =
                to_known && check_receptor(model, {"projections", k},
                                           {"projections", k, "receptor"}, s.receptor, *to);
            check_weight(model, s, found ? to : nullptr, k);
            if (to_known) check_bias(model, s, *to, k);
        }
        check_delay(model, s, k);
        if (s.connect.rule == Rule::list) check_list(model, s, k);
        if (!check_rule_keys(model, s.connect, k) || !check_total_number(model, s.connect, k))
            continue;
        if (only_trained(s.connect.rule)) {
            model.add(
                {"projections", k, "connect"},
                fmt::format("{} is a rule of trainings; use {}, whose window moves over the "
                            "grids of `space`",
                            name_of(s.connect.rule), is_pool(s.connect.rule) ? "pool" : "conv"));
            continue;
        }
        if (!from || !to || !model.size_known(*from) || !model.size_known(*to)) continue;
        check_procedural(model, s, k);
        check_distance(model, s, *from, *to, k);
        if (s.connect.rule == Rule::conv || s.connect.rule == Rule::pool)
            check_window(model, s, *from, *to, k);
        check_partners(model, s, *from, *to, k);
        check_sizes(model, s, *from, *to, k);
        check_scaled_rule(model, s, k);
        count +=
            full_count(s.connect, static_cast<double>(from->size), static_cast<double>(to->size));
    }
    for (const CellPopulationSpec& p : model.spec.populations) check_dale(model, p);
    count *= model.spec.scale.neurons * model.spec.scale.in_degrees;
    if (count > most) {
        model.add({"projections"},
                  fmt::format("the projections make {:.3g} synapses; at most {:.3g} (2^50), so "
                              "make them sparser, or use scale",
                              count, most));
    }
}

}  // namespace snnsim
