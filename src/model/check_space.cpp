// Checks of networks in space: where cells are, masks, kernels, and what asks for a distance.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/model/simulation_checks.hpp"
#include "src/space/pair_space.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// A list of lengths has a number for each dimension.
void check_count(SimulationView& model, Places::Path path, const char* key, std::size_t count,
                 std::size_t dimensions) {
    if (count == 0 || dimensions == 0 || count == dimensions) return;
    model.add(path, fmt::format("{} has {}, but the cells have {}", key,
                                counted(static_cast<std::int64_t>(count), "number"),
                                counted(static_cast<std::int64_t>(dimensions), "coordinate")));
}

/// What is wrong with positions on fields of a grid.
std::string fields_problem(const SimulationSpec& spec, const CellPopulationSpec& p) {
    const SpaceSpec& s = *p.space;
    const std::vector<std::int64_t>& fields = s.positions.fields_of;
    if (fields.size() > 3)
        return fmt::format(
            "fields_of has {} numbers; write [columns], [columns, rows] or "
            "[columns, rows, layers]",
            fields.size());
    if (s.extent.size() != fields.size())
        return fmt::format(
            "a grid of {} fields needs an extent with {}, for example 'extent: [{}]'",
            fmt::join(fields, " x "), counted(static_cast<std::int64_t>(fields.size()), "number"),
            fmt::join(fields, ", "));
    double count = 1.0;
    for (const std::int64_t n : fields) count *= static_cast<double>(n);
    if (constexpr double most = 1 << 30; count > most)
        return fmt::format("the grid has {:.0f} fields, but {:.0f} at most are drawn from", count,
                           most);
    double cells = 0.0;
    for (const CellPopulationSpec& other : spec.populations) {
        if (same_fields(other, p)) cells += static_cast<double>(other.size);
        if (&other == &p) break;
    }
    if (cells > count)
        return fmt::format(
            "'{}' and those above it with equal fields have {:.0f} cells, but the "
            "grid has {:.0f} fields; write fewer cells, or more fields",
            p.name, cells, count);
    return "";
}

void check_layer(SimulationView& model, const CellPopulationSpec& p) {
    if (!p.space || !model.sound({"populations", p.name, "space"})) return;
    const SpaceSpec& s = *p.space;
    const auto add = [&](const char* key, const std::string& message) {
        model.add({"populations", p.name, "space", key}, message);
    };
    if (s.grid.empty() && model.given({"populations", p.name, "space", "grid"})) {
        add("grid", "grid is empty; write [columns], [columns, rows] or [columns, rows, layers]");
        return;
    }
    if (s.grid.empty() == !s.positions.given) {
        model.add({"populations", p.name, "space"},
                  s.positions.given
                      ? "space takes a grid or positions, not both"
                      : "space is missing the key 'grid' (or 'positions'), for example 'grid: [20, "
                        "20]'");
        return;
    }
    if (s.grid.size() > 3) {
        add("grid", fmt::format("grid has {} numbers; write [columns], [columns, rows] or "
                                "[columns, rows, layers]",
                                s.grid.size()));
        return;
    }
    if (s.extent.size() > 3) {
        add("extent", fmt::format("extent has {} numbers; there are three dimensions at most",
                                  s.extent.size()));
        return;
    }
    if (s.positions.uniform && s.extent.empty()) {
        add("positions", "uniform positions need an extent, for example 'extent: [1, 1]'");
        return;
    }
    if (const std::vector<std::int64_t>& fields = s.positions.fields_of; !fields.empty()) {
        if (const std::string wrong = fields_problem(model.spec, p); !wrong.empty()) {
            add("positions", wrong);
            return;
        }
    }
    if (s.positions.given && !s.positions.uniform && s.periodic && s.extent.empty()) {
        add("periodic", "periodic borders of free positions need an extent: the period");
        return;
    }
    if (s.positions.given && model.given({"populations", p.name, "space", "order"}))
        add("order", "order is that of a grid; positions stand in the order of the cells");
    const std::size_t dimensions = dimensions_of(s);
    check_count(model, {"populations", p.name, "space", "extent"}, "extent", s.extent.size(),
                dimensions);
    check_count(model, {"populations", p.name, "space", "center"}, "center", s.center.size(),
                dimensions);
    if (!model.size_known(p)) return;
    double cells = 1.0;
    for (const std::int64_t n : s.grid) cells *= static_cast<double>(n);
    if (constexpr double most = 1 << 30; cells > most) {
        add("grid", fmt::format("the grid has {:.0f} cells, but a population has {:.0f} at most; "
                                "write a smaller grid",
                                cells, most));
        return;
    }
    if (!s.grid.empty() && cells != static_cast<double>(p.size)) {
        add("grid", fmt::format("the grid has {:.0f} cells, but size is {}; leave size out", cells,
                                p.size));
        return;
    }
    if (s.extent.size() != 0 && s.extent.size() != dimensions) return;
    if (s.positions.listed.size() == 0) return;
    if (const std::string wrong = problem_of_positions(p); !wrong.empty()) add("positions", wrong);
}

/// The keys of a mask or kernel that its shape takes.
std::vector<std::string> keys_of(MaskShape shape) {
    switch (shape) {
        case MaskShape::circle:
        case MaskShape::sphere:
            return {"radius", "anchor"};
        case MaskShape::doughnut:
            return {"radius", "inner_radius", "anchor"};
        case MaskShape::ellipse:
            return {"axes", "azimuth", "anchor"};
        case MaskShape::box:
            return {"lower", "upper", "anchor"};
        case MaskShape::grid:
            return {"cells", "anchor"};
        case MaskShape::moore:
        case MaskShape::von_neumann:
            return {"range"};
        case MaskShape::nearest:
            return {"n"};
    }
    return {};
}
std::vector<std::string> needed_by(MaskShape shape) {
    std::vector<std::string> keys = keys_of(shape);
    std::erase_if(keys, [](const std::string& key) {
        return key == "anchor" || key == "azimuth" || key == "range" || key == "n";
    });
    return keys;
}
std::vector<std::string> keys_of(KernelShape shape) {
    switch (shape) {
        case KernelShape::gaussian:
            return {"std", "mean"};
        case KernelShape::exponential:
            return {"beta"};
        case KernelShape::gamma:
            return {"kappa", "theta"};
        case KernelShape::linear:
            return {"offset", "slope"};
        case KernelShape::constant:
            break;
    }
    return {};
}
std::vector<std::string> needed_by(KernelShape shape) {
    std::vector<std::string> keys = keys_of(shape);
    std::erase_if(keys, [](const std::string& key) { return key == "mean" || key == "offset"; });
    return keys;
}

/// Where a `connect` stands: in which section, and its number there.
struct ConnectPlace {
    std::string section, number;
};

/// Of `mask` or `kernel`: what its shape needs is there, and nothing else. False otherwise.
template <class Shape, std::size_t N>
bool check_keys(SimulationView& model, const ConnectPlace& at, const char* part, Shape shape,
                const std::array<const char*, N>& all) {
    const std::vector<std::string> known = keys_of(shape), needed = needed_by(shape);
    bool good = true;
    for (const char* key : all) {
        const bool given = model.given({at.section, at.number, "connect", part, key});
        if (given && std::find(known.begin(), known.end(), key) == known.end()) {
            model.add(
                {at.section, at.number, "connect", part, key},
                fmt::format("{} does not use '{}'{}", name_of(shape), key,
                            known.empty() ? "" : fmt::format(" (it takes: {})", join(known))));
            good = false;
        } else if (!given && std::find(needed.begin(), needed.end(), key) != needed.end()) {
            model.add({at.section, at.number, "connect", part},
                      fmt::format("{} is missing the key '{}'", name_of(shape), key));
            good = false;
        }
    }
    return good;
}

/// A mask covers no place of a periodic layer twice.
void check_mask_size(SimulationView& model, const MaskSpec& m, const SpaceSpec& layer,
                     const ConnectPlace& at) {
    if (!layer.periodic) return;
    const Point extent = extent_of(layer);
    const auto too_large = [&](const char* key, std::size_t d, const std::string& what,
                               const std::string& most) {
        model.add({at.section, at.number, "connect", "mask", key},
                  fmt::format("{} is larger than the periodic layer, whose extent is {:g} along "
                              "{}: pairs would come twice; write {}",
                              what, extent[d], "xyz"[d], most));
    };
    for (std::size_t d = 0; d < dimensions_of(layer); ++d) {
        const double slack = 1.0 + 1e-9;
        if (m.shape == MaskShape::box && m.upper[d] - m.lower[d] > extent[d] * slack)
            return too_large("upper", d, "the box", "a smaller one");
        if (m.shape == MaskShape::ellipse && 2.0 * reach_of_ellipse(m)[d] > extent[d] * slack)
            return too_large("axes", d, "the ellipse", "shorter axes");
        if (2.0 * m.radius > extent[d] * slack)
            return too_large("radius", d, fmt::format("the {}", name_of(m.shape)),
                             fmt::format("a radius of at most {:g}", 0.5 * extent[d]));
        if (!m.of_grid() || layer.grid.empty()) continue;
        const std::int64_t fields = layer.grid[d];
        if (m.shape == MaskShape::grid ? m.cells[d] > fields : 2 * m.range + 1 > fields)
            model.add({at.section, at.number, "connect", "mask",
                       m.shape == MaskShape::grid ? "cells" : "range"},
                      fmt::format("the mask is larger than the periodic layer, which has {} fields "
                                  "along {}: pairs would come twice; write a smaller one",
                                  fields, "xyz"[d]));
    }
}

void check_mask(SimulationView& model, const ConnectSpec& connect, const CellPopulationSpec& from,
                const CellPopulationSpec& to, const ConnectPlace& at) {
    const MaskSpec& m = *connect.mask;
    if (!check_keys(model, at, "mask", m.shape,
                    std::array{"radius", "inner_radius", "axes", "azimuth", "lower", "upper",
                               "cells", "range", "n", "anchor"}))
        return;
    const auto add = [&](const char* key, const std::string& message) {
        model.add({at.section, at.number, "connect", "mask", key}, message);
    };
    const std::size_t dimensions = dimensions_of(*to.space);
    const std::size_t before = model.problems();
    for (const auto& [key, count] :
         {std::pair{"axes", m.axes.size()}, std::pair{"lower", m.lower.size()},
          std::pair{"upper", m.upper.size()}, std::pair{"cells", m.cells.size()},
          std::pair{"anchor", m.anchor.size()}})
        check_count(model, {at.section, at.number, "connect", "mask", key}, key, count, dimensions);
    if (model.problems() > before) return;
    if (m.shape == MaskShape::ellipse && dimensions == 1)
        return add("shape", "an ellipse needs two or three dimensions");
    if (m.shape == MaskShape::doughnut && m.inner_radius >= m.radius)
        return add("inner_radius", "inner_radius must be less than radius");
    for (std::size_t d = 0; d < m.lower.size(); ++d) {
        if (m.lower[d] <= m.upper[d]) continue;
        return add("lower", fmt::format("lower ({:g}) is greater than upper ({:g}) along {}",
                                        m.lower[d], m.upper[d], "xyz"[d]));
    }
    if (m.of_grid()) {
        const SpaceSpec &a = *from.space, &b = *to.space;
        if (a.grid.empty() || a.grid != b.grid || a.order != b.order || a.extent != b.extent ||
            a.center != b.center)
            return add("shape", fmt::format("{} counts fields of a grid, so that '{}' and '{}' "
                                            "must lie on the same one",
                                            name_of(m.shape), from.name, to.name));
        for (const double n : m.anchor) {
            if (n == std::floor(n) && std::abs(n) < 1e6) continue;
            return add("anchor", "anchor of grid is a field: whole numbers");
        }
    }
    if (m.shape == MaskShape::nearest && model.size_known(from) && model.size_known(to)) {
        const CellPopulationSpec& pool = connect.rule == Rule::fixed_in_degree ? from : to;
        const std::int64_t others =
            pool.size - ((&from == &to ? !connect.autapses : !connect.own) ? 1 : 0);
        if (m.n > others)
            return add("n", fmt::format("n is {}, but '{}' has only {}; write a smaller n", m.n,
                                        pool.name, counted(others, "other cell")));
    }
    check_mask_size(model, m, *to.space, at);
}

void check_kernel(SimulationView& model, const ConnectSpec& connect, const ConnectPlace& at) {
    const KernelSpec& kernel = *connect.kernel;
    if (!check_keys(model, at, "kernel", kernel.shape,
                    std::array{"mean", "std", "beta", "kappa", "theta", "offset", "slope"}))
        return;
    const Rule rule = connect.rule;
    const bool chosen = rule == Rule::fixed_in_degree || rule == Rule::fixed_out_degree ||
                        rule == Rule::pairwise_poisson;
    if (kernel.shape == KernelShape::gamma && kernel.kappa < 1.0 && chosen)
        model.add({at.section, at.number, "connect", "kernel", "kappa"},
                  fmt::format("with a kappa below 1 the kernel is infinite at distance 0, which {} "
                              "cannot draw from; write 1 or more",
                              name_of(rule)));
    if (rule == Rule::all_to_all)
        model.add({at.section, at.number, "connect", "kernel"},
                  "all_to_all takes a mask but no kernel; write rule: fixed_probability");
}

/// There are distances between two populations; else says why not, with `add`.
template <class Add>
bool check_ends(SimulationView& model, const char* what, const CellPopulationSpec& from,
                const CellPopulationSpec& to, const Add& add) {
    for (const CellPopulationSpec* p : {&from, &to}) {
        if (!p->space) {
            add(
                fmt::format("{} depends on the distance, but '{}' says not where its cells "
                            "are; give it `space`, for example 'space: {{grid: [20, 20]}}'",
                            what, p->name));
            return false;
        }
        if (!model.sound({"populations", p->name, "space"})) return false;
    }
    const SpaceSpec &a = *from.space, &b = *to.space;
    const std::size_t of_a = dimensions_of(a), of_b = dimensions_of(b);
    if (of_a == 0 || of_b == 0 || of_a > 3 || of_b > 3) return false;  // a file says it
    if (of_a != of_b) {
        add(fmt::format("'{}' has {} dimensions and '{}' has {}: there is no distance between them",
                        from.name, of_a, to.name, of_b));
        return false;
    }
    if (a.periodic == b.periodic && (!a.periodic || extent_of(a) == extent_of(b))) return true;
    add(
        fmt::format("'{}' and '{}' have different borders; make both periodic, with the same "
                    "extent, or neither",
                    from.name, to.name));
    return false;
}

void check_mask_and_kernel(SimulationView& model, const ConnectSpec& connect,
                           const CellPopulationSpec& from, const CellPopulationSpec& to,
                           const ConnectPlace& at) {
    if (connect.mask && model.sound({at.section, at.number, "connect", "mask"}))
        check_mask(model, connect, from, to, at);
    if (connect.kernel && model.sound({at.section, at.number, "connect", "kernel"}))
        check_kernel(model, connect, at);
}

}  // namespace

void check_space(SimulationView& model) {
    for (const CellPopulationSpec& p : model.spec.populations) {
        check_layer(model, p);
        if (p.space && (model.spec.scale.neurons < 1.0))
            model.add({"scale"}, fmt::format("scale.neurons cannot take cells away from '{}', "
                                             "which lie in space; write a smaller grid, or fewer "
                                             "positions",
                                             p.name));
    }
}

void check_distance(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec& from,
                    const CellPopulationSpec& to, const std::string& k) {
    if (!s.in_space()) return;
    const char* const what = s.connect.mask     ? "mask"
                             : s.connect.kernel ? "kernel"
                             : s.weight.by      ? "weight"
                                                : "delay";
    const auto add = [&](const std::string& message) {
        if (s.connect.by_distance()) {
            model.add({"projections", k, "connect", what}, message);
        } else {
            model.add({"projections", k, what}, message);
        }
    };
    if (!check_ends(model, what, from, to, add)) return;
    if (s.weight_file)
        return add("a file has the weights, so that nothing depends on the distance");
    check_mask_and_kernel(model, s.connect, from, to, {"projections", k});
}

bool check_distance(SimulationView& model, const GapJunctionsSpec& gaps,
                    const CellPopulationSpec& from, const CellPopulationSpec& to,
                    const std::string& k) {
    if (!gaps.connect.by_distance()) return true;
    const std::size_t before = model.problems();
    const char* const what = gaps.connect.mask ? "mask" : "kernel";
    if (check_ends(model, what, from, to, [&](const std::string& message) {
            model.add({"gap_junctions", k, "connect", what}, message);
        }))
        check_mask_and_kernel(model, gaps.connect, from, to, {"gap_junctions", k});
    return model.problems() == before;
}

}  // namespace snnsim
