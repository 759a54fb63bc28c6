// Reads what is drawn: distributions, parameters that vary, and states at time 0.
#include "src/model/cell_facts.hpp"
#include "src/model/distribution.hpp"
#include "src/model/read_fields.hpp"

namespace snnsim {

void FieldReader::read(const Value& value, const Meta& meta, Distribution& out) {
    Distribution d;
    d.unit = meta.unit;
    bool sound = true;
    // The first quantity decides for all where the table leaves the unit open.
    const auto read_number = [&](const Value& v, const DistributionKey& key, const char* name) {
        if (!key.pure && d.unit == any_input) d.unit = input_unit_in(v.text);
        const bool spread = key.member == &Distribution::std;
        const Limits limits = spread ? non_negative : meta.limits;
        double number = std::numeric_limits<double>::quiet_NaN();
        read_scalar(v, {name, key.pure ? "" : d.unit.c_str(), limits}, number);
        sound = sound && !std::isnan(number);
        d.*key.member = number;
    };
    if (meta.unit == std::string(white_noise_unit)) {
        read_intensity(value, meta, out);
        return;
    }
    if (value.kind == Value::Kind::scalar) {
        read_number(value, keys_of(Shape::constant)[0], meta.key);
        if (sound) out = d;
        return;
    }
    if (!expect_map(value, meta.key)) return;
    if (value.find("distance")) {
        read_by_distance(value, meta, out);
        return;
    }
    if (gives_each_cell(value)) {
        if (meta.by_cell) {
            read_by_cell(value, meta, out);
        } else {
            problems_.add(value, fmt::format("{} takes no values for each cell, as parameters of "
                                             "cells, `initial` and the amplitude of dc do",
                                             meta.key));
        }
        return;
    }
    const Value* const name = value.find("distribution");
    if (name) {
        const std::size_t before = problems_.count();
        read_enum(*name, {"distribution"}, d.shape);
        if (problems_.count() > before) return;
    } else if (!value.find("value")) {
        const auto& shapes = Names<Shape>::values;
        problems_.add(value, fmt::format("{} is missing the key 'distribution': one of {}{}",
                                         meta.key, join({shapes.begin(), shapes.end()}),
                                         meta.by_cell ? "; or, for each cell, 'values', "
                                                        "'linspace' or 'file'"
                                                      : ""));
        return;
    }
    std::vector<std::string> known{"distribution"};
    for (const DistributionKey& key : keys_of(d.shape)) {
        known.push_back(key.name);
        const Value* v = value.find(key.name);
        if (v) {
            read_number(*v, key, key.name);
        } else if (key.need == Need::required) {
            problems_.add(value, fmt::format("{} is missing the key '{}' of {}: {}", meta.key,
                                             key.name, name_of(d.shape), key.help));
            sound = false;
        }
    }
    if (has_bounds(d.shape)) {
        known.push_back("outside");
        if (const Value* v = value.find("outside")) read_enum(*v, {"outside"}, d.outside);
    }
    if (d.shape == Shape::uniform) {
        known.push_back("draw");
        if (const Value* v = value.find("draw")) read_scalar(*v, {"draw"}, d.draw);
    }
    check_unknown(value, meta.key, known, name);
    if (!sound) return;
    check_distribution(value, meta, d);
    if (d.shape == Shape::uniform) d.mean = d.low + (d.high - d.low) / (d.power + 1.0);
    out = d;
}

void FieldReader::read_intensity(const Value& value, const Meta& meta, Distribution& out) {
    Value quantity = value;
    std::string& text = quantity.text;
    constexpr std::string_view root = "sqrt(ms)";
    if (value.kind != Value::Kind::scalar || !text.ends_with(root)) {
        problems_.add(value, fmt::format("{} is a current times the root of a time, for example "
                                         "'100 pA sqrt(ms)', or '1 sqrt(ms)' for cells whose "
                                         "current has no unit; found {}",
                                         meta.key, describe(value)));
        return;
    }
    text.resize(text.size() - root.size());
    while (!text.empty() && (text.back() == ' ' || text.back() == '*')) text.pop_back();
    const std::size_t before = problems_.count();
    Distribution d;
    d.unit = input_unit_in(text);
    read_scalar(quantity, {meta.key, d.unit.c_str(), meta.limits}, d.mean);
    if (problems_.count() == before) out = d;
}

void FieldReader::check_distribution(const Value& value, const Meta& meta, const Distribution& d) {
    const auto at = [&](const char* key) -> const Value& {
        const Value* v = value.find(key);
        return v ? *v : value;
    };
    const bool one_sided = d.shape == Shape::lognormal || d.shape == Shape::exponential;
    const bool downwards = d.shape == Shape::uniform && !d.draw.empty();
    if (d.power < 1.0 || d.power > 16.0 || d.power != std::floor(d.power)) {
        problems_.add(at("power"), "power must be a whole number between 1 and 16");
    } else if (d.low > d.high && !downwards) {
        problems_.add(at("low"), fmt::format("low ({:g}{}{}) is greater than high ({:g}{}{})",
                                             d.low, d.unit.empty() ? "" : " ", d.unit, d.high,
                                             d.unit.empty() ? "" : " ", d.unit));
    } else if (one_sided && d.mean == 0.0) {
        problems_.add(at("mean"), fmt::format("the mean of {} must not be 0; write value: 0 for "
                                              "a constant",
                                              name_of(d.shape)));
    } else if (const std::string wide = too_wide(d); !wide.empty()) {
        problems_.add(at("std"), wide);
    } else if (const std::string none = no_value_in_bounds(d); !none.empty()) {
        problems_.add(at(std::isfinite(d.low) ? "low" : "high"), none);
    } else {
        const auto [least, greatest] = extent(d);
        const bool below = least<meta.limits.low, above = greatest> meta.limits.high;
        if (below || above) {
            problems_.add(value, fmt::format("{} must be {}{}{}, but {} can give other values; "
                                             "add {}",
                                             meta.key, limits_text(meta.limits),
                                             d.unit.empty() ? "" : " ", d.unit, name_of(d.shape),
                                             below && above ? "low and high"
                                             : below        ? "low"
                                                            : "high"));
        }
    }
}

void FieldReader::read_varied(const Value& value, const Meta& meta, double& constant,
                              std::vector<NamedDistribution>& varied) {
    const std::size_t before = problems_.count();
    Distribution d;
    read(value, meta, d);
    if (problems_.count() > before) return;
    if (d.constant()) {
        constant = d.mean;
    } else {
        varied.push_back({meta.key, d});
    }
}

void FieldReader::read_initial(const Value& population, CellPopulationSpec& out) {
    const Value* const value = population.find("initial");
    if (!value || !expect_map(*value, "initial")) return;
    const CellFacts facts = facts_of(out);
    for (const StateName& state : facts.states) {
        const Value* v = value->find(state.name);
        if (!v) continue;
        NamedDistribution& drawn = out.initial.emplace_back();
        drawn.name = state.name;
        read(*v, {drawn.name.c_str(), state.unit, {}, true}, drawn.value);
    }
    const std::vector<std::string> known = facts.state_names();
    for (const Entry& entry : value->map) {
        if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
        problems_.add_unknown(
            entry, fmt::format("'{}' is no state variable of {}{} (known: {})", entry.key,
                               facts.model, did_you_mean(entry.key, known), join(known)));
    }
}

}  // namespace snnsim
