// Reads where cells are, and weights and delays that depend on the distance.
#include "src/model/distance_keys.hpp"
#include "src/model/read_fields.hpp"

namespace snnsim {

std::span<const DistanceKey> keys_of(DistanceLaw law) {
    using B = ByDistance;
    static constexpr DistanceKey linear[] = {
        {"offset", &B::value, "value at distance 0", Need::optional},
        {"slope", &B::slope, "change per length", Need::optional},
        {"velocity", nullptr, "of a delay, instead of slope: lengths per ms", Need::optional}};
    static constexpr DistanceKey gaussian[] = {
        {"peak", &B::value, "greatest value"},
        {"std", &B::std, "a length", Need::required, true},
        {"mean", &B::mean, "distance of the peak; default: 0", Need::optional, true}};
    static constexpr DistanceKey exponential[] = {
        {"peak", &B::value, "value at distance 0"},
        {"beta", &B::beta, "a length: peak exp(-d / beta)", Need::required, true}};
    if (law == DistanceLaw::linear) return linear;
    if (law == DistanceLaw::gaussian) return gaussian;
    return exponential;
}

void FieldReader::read(const Value& value, const Meta& meta, PositionsSpec& out) {
    out.given = true;
    if (value.kind == Value::Kind::scalar && value.text == "uniform") {
        out.uniform = true;
        return;
    }
    if (value.kind == Value::Kind::map) {
        if (const Value* const fields = value.find("fields_of")) {
            read(*fields, {"fields_of", "", at_least(1)}, out.fields_of);
            if (fields->kind == Value::Kind::list && fields->list.empty())
                problems_.add(*fields,
                              "fields_of is empty; write [columns], [columns, rows] or "
                              "[columns, rows, layers]");
            check_unknown(value, "positions", {"fields_of"}, nullptr);
            return;
        }
        const Value* const file = value.find("file");
        if (!file) {
            problems_.add(value, "positions is missing the key 'file', for example 'file: p.csv'");
            return;
        }
        out.from.at = value.at;
        read_scalar(*file, {"file"}, out.from.file);
        if (const Value* v = value.find("dataset")) read_scalar(*v, {"dataset"}, out.from.dataset);
        check_unknown(value, "positions", {"file", "dataset"}, nullptr);
        return;
    }
    if (value.kind == Value::Kind::list && value.list.empty()) {
        problems_.add(value,
                      "positions is empty; write a point for each cell, as in [[0, 0.5], [1, 2]]");
        return;
    }
    if (value.kind != Value::Kind::list) {
        problems_.add(
            value,
            fmt::format(
                "positions must be uniform, a list of points as in "
                "[[0, 0.5], [1, 2]], {{file: ...}}, or {{fields_of: [columns, rows]}}; found "
                "{}",
                describe(value)));
        return;
    }
    for (std::size_t k = 0; k < value.list.size(); ++k) {
        const Value& point = value.list[k];
        const std::string key = fmt::format("{}[{}]", meta.key, k);
        const std::size_t before = problems_.count();
        std::vector<double> at;
        read(point, {key.c_str()}, at);
        if (problems_.count() > before) return;
        if (at.empty() || at.size() > 3 || (k > 0 && at.size() != out.columns)) {
            problems_.add(point, fmt::format("{} has {} coordinates; all points have the same one, "
                                             "two or three",
                                             key, at.size()));
            out.listed.clear();
            return;
        }
        out.columns = at.size();
        out.listed.insert(out.listed.end(), at.begin(), at.end());
    }
}

void FieldReader::read_by_distance(const Value& value, const Meta& meta, Distribution& out) {
    const bool delay = std::string(meta.key) == "delay";
    if (!delay && std::string(meta.key) != "weight") {
        problems_.add(value, fmt::format("{} cannot depend on a distance, as the weight and the "
                                         "delay of a projection can",
                                         meta.key));
        return;
    }
    Distribution d;
    d.shape = Shape::distance;
    d.unit = meta.unit;
    ByDistance by;
    const std::size_t before = problems_.count();
    const Value& law = *value.find("distance");
    read_enum(law, {"distance"}, by.law);
    if (problems_.count() > before) return;
    std::vector<std::string> known{"distance", "low", "high"};
    const auto read_number = [&](const Value& v, const char* name, bool pure, Limits limits,
                                 double& number) {
        if (!pure && d.unit == any_input) d.unit = input_unit_in(v.text);
        read_scalar(v, {name, pure ? "" : d.unit.c_str(), limits}, number);
    };
    for (const DistanceKey& key : keys_of(by.law)) {
        if (!key.member && !delay) continue;
        known.push_back(key.name);
        const Value* const v = value.find(key.name);
        if (!v && key.need == Need::required) {
            problems_.add(value, fmt::format("{} is missing the key '{}' of {}: {}", meta.key,
                                             key.name, name_of(by.law), key.help));
        } else if (v && key.member) {
            const bool length = key.member == &ByDistance::std || key.member == &ByDistance::beta;
            read_number(*v, key.name, key.pure, length ? positive : unlimited, by.*key.member);
        } else if (v) {
            double velocity = 0.0;
            read_number(*v, key.name, true, positive, velocity);
            if (velocity > 0.0) by.slope = 1.0 / velocity;
            if (value.find("slope"))
                problems_.add(*v, "velocity and slope say the same; leave one of them out");
        }
    }
    if (by.law == DistanceLaw::linear && !value.find("slope") && !value.find("velocity"))
        problems_.add(value, fmt::format("{} is missing the key 'slope'{} of linear: change per "
                                         "length",
                                         meta.key, delay ? " or 'velocity'" : ""));
    if (const Value* v = value.find("low")) read_number(*v, "low", false, unlimited, by.low);
    if (const Value* v = value.find("high")) read_number(*v, "high", false, unlimited, by.high);
    if (by.low > by.high)
        problems_.add(*value.find("low"),
                      fmt::format("low ({:g}) is greater than high ({:g})", by.low, by.high));
    check_unknown(value, meta.key, known, &law);
    if (problems_.count() > before) return;
    d.by = by;
    out = d;
}

}  // namespace snnsim
