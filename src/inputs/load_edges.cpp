#include "src/inputs/load_edges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "snnsim/receptors.hpp"
#include "src/inputs/edge_columns.hpp"
#include "src/io/file_digests.hpp"
#include "src/model/units.hpp"

namespace snnsim {
namespace {

const std::vector<std::string> columns{"source", "target", "weight", "delay"};

/// One list on its way.
class Loader {
  public:
    Loader(const SimulationSpec& spec, const SynapsesSpec& projection)
        : spec_(spec),
          projection_(projection),
          from_(spec_.population(projection.from)),
          to_(spec_.population(projection.to)),
          list_(beside_model(spec.path, projection.connect.file).string(),
                projection.connect.dataset, columns),
          file_(list_.file) {}

    EdgeList load(FileDigests& digests) {
        check_columns();
        EdgeList out;
        out.path = projection_.connect.file;
        out.sha256 = digests.of(file_.path);
        out.source = list_.ids("source", from_.name, from_.size);
        out.target = list_.ids("target", to_.name, to_.size);
        const std::string input = input_unit_of(to_, projection_.receptor);
        out.weight = quantities("weight", input, projection_.weight_given);
        out.delay = quantities("delay", "ms", projection_.delay_given);
        check_delays(out.delay);
        if (projection_.dale) check_signs(out.weight);
        return out;
    }

  private:
    std::string top() const { return list_.top(); }

    void check_columns() const {
        if (!file_.find("weight") && !projection_.weight_given)
            throw DataError(
                fmt::format("{}: there is no column 'weight', and the projection '{}' "
                            "gives none; write it in one of them",
                            top(), projection_.name()));
    }

    /// The values in `unit`; empty when there is no such column.
    std::vector<double> quantities(const char* name, const std::string& unit, bool given) const {
        const Column* const column = file_.find(name);
        if (!column) return {};
        if (given) {
            throw DataError(
                fmt::format("{}: {} is a column here and a key of the projection '{}'; "
                            "write it in one of them",
                            top(), name, projection_.name()));
        }
        double factor = 1.0;
        if (!column->unit.empty()) {
            const std::string wrong = read_quantity("1 " + column->unit, unit, name, factor);
            if (!wrong.empty()) throw DataError(fmt::format("{}: {}", top(), wrong));
        }
        std::vector<double> out(column->values.size());
        for (std::size_t row = 0; row < out.size(); ++row) {
            out[row] = column->values[row] * factor;
            if (!std::isfinite(out[row]))
                throw DataError(
                    fmt::format("{}: {} is {}", file_.place(row), name, column->values[row]));
        }
        return out;
    }

    void check_delays(const std::vector<double>& delay) const {
        for (std::size_t row = 0; row < delay.size(); ++row) {
            const double steps = delay[row] / spec_.dt;
            if (steps >= 1.0 - step_tolerance && steps <= most_delay_steps + step_tolerance)
                continue;
            throw DataError(
                fmt::format("{}: delay ({:g} ms) must be between dt ({:g} ms) and {:g} "
                            "ms",
                            file_.place(row), delay[row], spec_.dt, most_delay_steps * spec_.dt));
        }
    }

    void check_signs(const std::vector<double>& weight) const {
        double first = 0.0;
        for (std::size_t row = 0; row < weight.size(); ++row) {
            if (first == 0.0) first = weight[row];
            if (first * weight[row] >= 0.0) continue;
            throw DataError(
                fmt::format("{}: with dale: true all weights have one sign, but {:g} "
                            "comes after {:g}",
                            file_.place(row), weight[row], first));
        }
    }

    const SimulationSpec& spec_;
    const SynapsesSpec& projection_;
    const CellPopulationSpec &from_, &to_;
    const EdgeColumns list_;
    const ColumnFile& file_;
};

/// Of a population with dale: true, lists and all: one sign.
void check_populations(const SimulationSpec& spec) {
    for (const CellPopulationSpec& p : spec.populations) {
        if (!p.dale) continue;
        double sign = 0.0;
        for (const SynapsesSpec& s : spec.projections) {
            if (s.from != p.name || s.weight_file) continue;
            double low = s.weight.mean, high = low;
            if (s.edges && !s.edges->weight.empty()) {
                const auto [least, greatest] =
                    std::minmax_element(s.edges->weight.begin(), s.edges->weight.end());
                low = *least;
                high = *greatest;
            }
            const double own = low < 0.0 ? low : high;
            if (own * sign < 0.0 || low * high < 0.0)
                throw DataError(fmt::format(
                    "{}:{}:{}: with dale: true all weights of '{}' have one sign, but {}",
                    spec.path, s.at.line, s.at.column, p.name,
                    low * high < 0.0 ? fmt::format("'{}' has weights of both", s.name())
                                     : fmt::format("those of '{}' are {} and others {}", s.name(),
                                                   own > 0.0 ? "positive" : "negative",
                                                   own > 0.0 ? "negative" : "positive")));
            if (sign == 0.0) sign = own;
        }
    }
}

}  // namespace

void load_edges(SimulationSpec& spec) {
    FileDigests digests;
    std::string wrong;  // in any of the files
    for (SynapsesSpec& p : spec.projections) {
        if (p.connect.rule != Rule::list || p.weight_file) continue;
        try {
            p.edges = std::make_shared<const EdgeList>(Loader(spec, p).load(digests));
        } catch (const DataError& e) {
            wrong += fmt::format("{}{}:{}:{}: {}: {}", wrong.empty() ? "" : "\n", spec.path,
                                 p.at.line, p.at.column, p.name(), e.what());
            continue;
        }
        const auto off = std::count_if(p.edges->delay.begin(), p.edges->delay.end(),
                                       [&](double delay) { return !on_grid(delay, spec.dt); });
        if (off > 0)
            spec.warnings.push_back(
                fmt::format("{}:{}:{}: {} of {} delays of {} are no whole numbers of dt ({:g} ms) "
                            "and are rounded",
                            spec.path, p.at.line, p.at.column, off, p.edges->delay.size(),
                            p.edges->path, spec.dt));
    }
    if (!wrong.empty()) throw DataError(wrong);
    check_populations(spec);
}

}  // namespace snnsim
