// Checks of shapes, and of the projections of a training whose windows move over them.
#include <fmt/format.h>

#include <algorithm>

#include "src/model/checks.hpp"
#include "src/model/loops.hpp"
#include "src/model/shapes.hpp"

namespace snnsim {
namespace {

void check_shape(ModelView& model, const PopulationSpec& p) {
    if (p.shape.empty() || !model.sound({"populations", p.name, "shape"})) return;
    if (p.shape.size() != 2 && p.shape.size() != 3) {
        model.add(
            {"populations", p.name, "shape"},
            fmt::format("a shape is [channels, rows, columns] or [channels, columns]; found {}",
                        shape_text(p.shape)));
    } else if (model.sound({"populations", p.name, "size"}) && cells_of(p.shape) != p.size) {
        model.add({"populations", p.name, "size"},
                  fmt::format("size is {}, but the shape {} has {} neurons; leave size out", p.size,
                              shape_text(p.shape), cells_of(p.shape)));
    }
}

/// The shape of an end of a projection by a window; null, and told, where it has none.
const PopulationShape* shape_of_end(ModelView& model, const ProjectionSpec& p,
                                    const std::string& population, const std::string& k) {
    const PopulationShape& shape = shape_of(model.spec, population);
    const bool rows = p.connect.rule != Rule::conv1d;
    if (shape.empty()) {
        model.add({"projections", k, "connect"}, no_shape_text(p.connect.rule, population));
        return nullptr;
    }
    if (is_convolution(p.connect.rule) && shape.size() != (rows ? 3 : 2)) {
        model.add({"projections", k, "connect"},
                  fmt::format("{} moves over {}, but '{}' has the shape {}; write {}",
                              name_of(p.connect.rule),
                              rows ? "[channels, rows, columns]" : "[channels, columns]",
                              population, shape_text(shape), rows ? "conv1d" : "conv2d"));
        return nullptr;
    }
    return &shape;
}

void check_window(ModelView& model, const ProjectionSpec& p, const std::string& k) {
    const auto add = [&](const std::string& text) {
        model.add({"projections", k, "connect"}, text);
    };
    if (!p.connect.kernel || p.connect.kernel->sides.empty()) {
        model.add({"projections", k, "connect", "kernel"},
                  "the kernel of a window has sides, as in kernel: 3 or kernel: [3, 5]");
        return;
    }
    const PopulationShape* const from = shape_of_end(model, p, p.from, k);
    const PopulationShape* const to = shape_of_end(model, p, p.to, k);
    if (!from || !to) return;
    if (const std::string wrong = window_problem(p.connect, *from, p.from); !wrong.empty())
        return add(wrong);
    const PopulationShape after = shape_after(p.connect, *from, *to);
    if (after != *to)
        return add(fmt::format("{} makes {} of '{}' ({}), but '{}' has the shape {}",
                               name_of(p.connect.rule), shape_text(after), p.from,
                               shape_text(*from), p.to, shape_text(*to)));
    if ((*to)[0] % p.connect.groups != 0)
        return add(fmt::format("groups ({}) do not divide the {} channels of '{}'",
                               p.connect.groups, (*to)[0], p.to));
    if (on_cycles(model.spec)[std::stoul(k)])
        add(
            fmt::format("the window of {} lies on a cycle of projections, where cells are computed "
                        "step by step; a recurrent projection has another rule, as all_to_all",
                        name_of(p.connect.rule)));
    if (!is_pool(p.connect.rule)) return;
    for (const char* key : {"weight", "bias"}) {
        if (model.given({"projections", k, key}))
            model.add({"projections", k, key}, fmt::format("{} has no weights; leave '{}' out",
                                                           name_of(p.connect.rule), key));
    }
}

}  // namespace

/// Whoever is shown samples, or is asked for the result, is as the data say.
void check_dropout(ModelView& model, const PopulationSpec& p) {
    if (p.dropout == 0.0 || !model.sound({"populations", p.name, "dropout"})) return;
    const bool output = !sends_on(model.spec.projections, p.name);
    if (!is_source(p) && !output) return;
    model.add({"populations", p.name, "dropout"},
              fmt::format("'{}' is an {}; dropout leaves out what is sent between populations that "
                          "lie between input and output",
                          p.name, output ? "output" : "input"));
}

/// Its sums multiply those of another, or are multiplied.
bool is_factor(const ModelSpec& spec, const ProjectionSpec& p) {
    return !p.multiplies.empty() ||
           std::any_of(spec.projections.begin(), spec.projections.end(),
                       [&](const ProjectionSpec& o) { return o.multiplies == p.name(); });
}

/// It sees all steps at once, and becomes part of weights and a bias in the end.
void check_batch_norm(ModelView& model, const PopulationSpec& p) {
    if (!p.batch_norm || !model.sound({"populations", p.name, "batch_norm"})) return;
    const auto add = [&](const std::string& text) {
        model.add({"populations", p.name, "batch_norm"}, text);
    };
    if (is_source(p))
        return add(fmt::format("'{}' is an input, which gets none to normalise", p.name));
    const std::vector<bool> on_cycle = on_cycles(model.spec);
    bool bias = false, products = false;
    for (std::size_t k = 0; k < on_cycle.size(); ++k) {
        const ProjectionSpec& in = model.spec.projections[k];
        if (in.to != p.name) continue;
        const bool product = is_factor(model.spec, in);
        products = products || product;
        bias = bias || (in.bias && !product);
        if (on_cycle[k])
            return add(
                fmt::format("'{}' lies on a cycle of projections, where its input is not "
                            "known for all steps at once",
                            p.name));
        if (is_pool(in.connect.rule))
            return add(
                fmt::format("the norm becomes part of weights in the end, and {} has none; "
                            "normalise the population before or after the pool",
                            name_of(in.connect.rule)));
    }
    if (!bias && products)
        add(
            fmt::format("the norm becomes part of weights and a bias in the end, and those that "
                        "lead to '{}' are multiplied; add a projection beside them with bias: "
                        "true, or leave batch_norm out",
                        p.name));
    else if (!bias)
        add(
            fmt::format("the norm becomes part of weights and a bias in the end; write bias: true "
                        "at a projection to '{}'",
                        p.name));
}

void check_windows(ModelView& model) {
    for (const PopulationSpec& p : model.spec.populations) {
        check_shape(model, p);
        check_dropout(model, p);
        check_batch_norm(model, p);
    }
    for (std::size_t n = 0; n < model.spec.projections.size(); ++n) {
        const ProjectionSpec& p = model.spec.projections[n];
        const std::string k = std::to_string(n);
        if (only_trained(p.connect.rule) && model.sound({"projections", k, "connect"}) &&
            model.sound({"populations", p.from, "shape"}) &&
            model.sound({"populations", p.to, "shape"}) &&
            model.sound({"projections", k, "from"}) && model.sound({"projections", k, "to"}))
            check_window(model, p, k);
    }
}

}  // namespace snnsim
