#include "src/nir/export_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/model/shapes.hpp"

namespace snnsim::nir {
namespace {

/// The parameters of each cell: those of the population, and what the cell has learned.
template <class Params>
std::vector<Params> by_cell(const Population& p, const Params& all) {
    std::vector<Params> out(static_cast<std::size_t>(p.size), all);
    for (const TrainedParameter& learned : p.trained) {
        Params::fields().for_each([&](const auto& field) {
            if constexpr (std::is_same_v<decltype(field.member), double Params::*>) {
                if (learned.name != field.name) return;
                for (std::size_t n = 0; n < out.size(); ++n)
                    out[n].*field.member = learned.value_of(n);
            }
        });
    }
    return out;
}

bool all_equal(const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; });
}

/// Builds the arrays of a node, cell by cell.
class CellArrays {
  public:
    CellArrays(const Shape& shape, Library library, const FileTime& time)
        : shape_(shape), library_(library), rules_(rules_of(library)), time_(time) {}

    /// The tau that is read as this decay of a step. What has not changed is the model's own.
    double tau(double decay, double tau_ms, Integration integration) const {
        const bool euler = integration == Integration::euler;
        if (library_ == Library::definition && euler == time_.euler) return tau_ms * 1e-3;
        if (decay >= 1.0) return 1e12 * time_.dt;
        if (time_.euler) return time_.dt / (1.0 - decay);
        return decay > 0.0 ? -time_.dt / std::log(decay) : 1e-3 * time_.dt;
    }
    /// The r that makes an input count `gain` times in a step.
    double r(double decay, double tau, double gain) const {
        if (time_.euler || decay >= 1.0) return gain * tau / time_.dt;
        return gain / (1.0 - decay);
    }
    /// The threshold that the library fires at, or above, where ours fires from `least` on; in its
    /// scale of voltages, where ours times `scale` is.
    double threshold(float least, double scale) const {
        const auto scaled = static_cast<float>(static_cast<double>(least) * scale);
        return rules_.fires == Fires::at
                   ? scaled
                   : std::nextafter(scaled, -std::numeric_limits<float>::infinity());
    }
    static void add(Parameters& to, double value) { to.values.push_back(value); }
    Parameters same(double value) const { return {shape_, std::vector<double>(count(), value)}; }
    void shape(Parameters& p) const { p.shape = shape_; }

    /// What the library cannot have of cells that differ.
    std::string differing(const Cells& node) const {
        const std::pair<const char*, const Parameters*> parts[] = {
            {"time constants", &node.tau},
            {"synaptic time constants", &node.tau_syn},
            {"gains", &node.r},
            {"gains of the synapse", &node.w_in},
            {"thresholds", &node.v_threshold}};
        for (const auto& [what, values] : parts) {
            if (values->values.empty() || all_equal(values->values)) continue;
            const bool threshold = values == &node.v_threshold;
            if (threshold ? rules_.thresholds_differ : rules_.cells_differ) continue;
            return fmt::format(
                "its cells have {} of their own, and {} reads one for a layer; train them "
                "with `per: layer`, or write for another library",
                what, rules_.called);
        }
        return "";
    }

  private:
    std::size_t count() const {
        std::size_t out = 1;
        for (const std::int64_t n : shape_) out *= static_cast<std::size_t>(n);
        return out;
    }
    const Shape& shape_;
    Library library_;
    const LibraryRules& rules_;
    const FileTime& time_;
};

void note_reset(Reset reset, bool next_step, double v_reset, const LibraryRules& rules,
                ExportedCells& out) {
    if (reset == Reset::none) {
        out.inexact.push_back(fmt::format(
            "it goes on from its membrane after a spike (reset: none), and in {} each spike resets",
            rules.called));
    } else if (reset != rules.reset) {
        out.inexact.push_back(
            reset == Reset::subtract
                ? fmt::format("a spike takes v_th off its membrane (reset: subtract), and {} sets "
                              "it to a value; train it with reset: zero",
                              rules.called)
                : fmt::format("a spike sets its membrane to a value (reset: zero), and {} takes "
                              "the threshold off it; train it with reset: subtract",
                              rules.called));
    }
    if (reset == Reset::subtract && next_step)
        out.inexact.push_back(fmt::format(
            "its reset comes after the decay of the next step (reset_at: next_step), and in {} in "
            "the step of the spike; train it with reset_at: same_step",
            rules.called));
    if (reset == Reset::zero && rules.reset == Reset::zero && v_reset != 0.0 &&
        !rules.keeps_v_reset)
        out.inexact.push_back(
            fmt::format("a spike sets its membrane to {:g} (v_reset), and {} to 0; train it with "
                        "v_reset: 0",
                        v_reset, rules.called));
}

ExportedCells lif(const Population& p, const Lif::Params& all, const Shape& shape, Library library,
                  const FileTime& time) {
    const LibraryRules& rules = rules_of(library);
    const CellArrays arrays(shape, library, time);
    const std::vector<Lif::Params> cells = by_cell(p, all);
    const auto constants = [&](const Lif::Params& c) { return Lif::prepare(c, time.model_dt); };
    ExportedCells out;
    Cells& node = out.node;
    const bool forgets_nothing = std::all_of(cells.begin(), cells.end(), [&](const Lif::Params& c) {
        return constants(c).decay >= 1.0f;
    });
    // An IF with a reset to something else would start there.
    node.kind = CellKind::IF;
    if (!forgets_nothing || all.v_reset != 0.0 || !reads(library, node)) node.kind = CellKind::LIF;
    for (const Lif::Params& cell : cells) {
        const Lif::Constants c = constants(cell);
        const auto decay = static_cast<double>(c.decay);
        const double gain = cell.scale_input ? 1.0 - decay : 1.0;
        const bool steps = node.kind == CellKind::IF;
        // What an input counts there in a step, and so how its voltages are scaled.
        const double counts = rules.lif == Gain::by_r           ? gain
                              : rules.lif == Gain::one || steps ? 1.0
                                                                : 1.0 - decay;
        const double scale = counts / gain;
        const double tau = arrays.tau(decay, cell.tau_m, cell.integration);
        if (!steps) CellArrays::add(node.tau, tau);
        // Norse and Sinabs want an r of 1, and take it for nothing.
        const bool one = library == Library::norse || library == Library::sinabs;
        CellArrays::add(node.r, one     ? 1.0
                                : steps ? counts / time.dt
                                        : arrays.r(decay, tau, counts));
        CellArrays::add(node.v_threshold,
                        arrays.threshold(least_that_fires(cell.v_th, cell.fires), scale));
        CellArrays::add(node.v_reset, cell.reset == Reset::zero ? cell.v_reset * scale : 0.0);
    }
    for (Parameters* part : {&node.r, &node.v_threshold, &node.v_reset}) arrays.shape(*part);
    if (node.kind == CellKind::LIF) {
        arrays.shape(node.tau);
        node.v_leak = arrays.same(0.0);
    }
    note_reset(all.reset, all.reset_at == ResetAt::next_step, all.v_reset, rules, out);
    out.thresholds_moved = all.fires != rules.fires;
    out.impossible = arrays.differing(node);
    if (library == Library::spikingjelly && all.reset == Reset::zero && all.v_reset != 0.0 &&
        node.kind == CellKind::LIF)
        out.impossible =
            "its v_reset is not 0, where its membrane decays to, and SpikingJelly "
            "reads no such cell; train it with v_reset: 0";
    return out;
}

ExportedCells cuba_lif(const Population& p, const CubaLif::Params& all, const Shape& shape,
                       Library library, const FileTime& time) {
    const LibraryRules& rules = rules_of(library);
    const CellArrays arrays(shape, library, time);
    ExportedCells out;
    Cells& node = out.node;
    node.kind = CellKind::CubaLIF;
    bool leaks = false;
    for (const CubaLif::Params& cell : by_cell(p, all)) {
        const CubaLif::Constants c = CubaLif::prepare(cell, time.model_dt);
        const auto decay_m = static_cast<double>(c.decay_m),
                   decay_s = static_cast<double>(c.decay_s);
        const bool raw = rules.cuba == Gain::one;  // the current counts as it is
        const double gain = 1.0 - decay_m, scale = raw ? 1.0 / gain : 1.0;
        const double tau_m = arrays.tau(decay_m, cell.tau_m, cell.integration),
                     tau_s = arrays.tau(decay_s, cell.tau_s, cell.integration);
        CellArrays::add(node.tau, tau_m);
        CellArrays::add(node.tau_syn, tau_s);
        CellArrays::add(node.w_in, arrays.r(decay_s, tau_s, 1.0));
        CellArrays::add(node.r, raw ? arrays.r(decay_m, tau_m, 1.0) : 1.0);
        CellArrays::add(node.v_leak, cell.v_leak);
        CellArrays::add(node.v_threshold,
                        arrays.threshold(least_that_fires(cell.v_th, cell.fires), scale));
        CellArrays::add(node.v_reset, cell.reset == Reset::zero ? cell.v_reset * scale : 0.0);
        leaks = leaks || cell.v_leak != 0.0;
    }
    for (Parameters* part : {&node.tau, &node.tau_syn, &node.w_in, &node.r, &node.v_leak,
                             &node.v_threshold, &node.v_reset})
        arrays.shape(*part);
    note_reset(all.reset, false, all.v_reset, rules, out);
    out.thresholds_moved = all.fires != rules.fires;
    out.impossible = arrays.differing(node);
    if (leaks && library != Library::definition)
        out.impossible = fmt::format(
            "its v_leak is not 0, and {} reads no such cell{}; train it "
            "with v_leak: 0",
            rules.called,
            library == Library::norse ? " so (it takes v_leak for that of the synapse too)" : "");
    return out;
}

template <class M>
ExportedCells leaky(const Population& p, const typename M::Params& all, const Shape& shape,
                    Library library, const FileTime& time) {
    const CellArrays arrays(shape, library, time);
    ExportedCells out;
    Cells& node = out.node;
    node.kind = CellKind::LI;
    for (const typename M::Params& cell : by_cell(p, all)) {
        const typename M::Constants c = M::prepare(cell, time.model_dt);
        const auto decay = static_cast<double>(c.decay);
        const double gain = cell.scale_input ? 1.0 - decay : 1.0;
        const double tau = arrays.tau(decay, cell.tau_m, Integration::exact);
        CellArrays::add(node.tau, tau);
        CellArrays::add(node.r, library == Library::sinabs ? 1.0 : arrays.r(decay, tau, gain));
        if (library == Library::sinabs && gain != 1.0)
            out.impossible =
                "its input is scaled (scale_input), and Sinabs reads no such cell; train it with "
                "scale_input: false";
    }
    for (Parameters* part : {&node.tau, &node.r}) arrays.shape(*part);
    node.v_leak = arrays.same(0.0);
    if (out.impossible.empty()) out.impossible = arrays.differing(node);
    return out;
}

ExportedCells cells_of(const Population& population, const Shape& shape, Library library,
                       const FileTime& time) {
    return NeuronModels::visit(
        population.neuron, [&]<class M>(const typename M::Params& params) -> ExportedCells {
            if constexpr (std::is_same_v<M, Lif>) {
                return lif(population, params, shape, library, time);
            } else if constexpr (std::is_same_v<M, CubaLif>) {
                return cuba_lif(population, params, shape, library, time);
            } else if constexpr (std::is_same_v<M, LeakyReadout> ||
                                 std::is_same_v<M, LeakyIntegrator>) {
                return leaky<M>(population, params, shape, library, time);
            } else {
                ExportedCells out;
                out.impossible = fmt::format(
                    "its model is {}, for which NIR has no node; lif, cuba_lif, leaky_readout, "
                    "leaky_integrator, linear and relay can be written",
                    M::name);
                return out;
            }
        });
}

}  // namespace

ExportedCells exported_cells(const Population& population, const Shape& shape, Library library,
                             const FileTime& time) {
    ExportedCells out = cells_of(population, shape, library, time);
    if (out.impossible.empty() && shape.size() > 1 && library == Library::sinabs)
        out.impossible = fmt::format(
            "its cells have the shape {}, which windows see, and Sinabs fails at cells of more "
            "than one dimension; write for another library",
            shape_text(shape));
    return out;
}

}  // namespace snnsim::nir
