#include "src/nir/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"

namespace snnsim::nir {
namespace {

/// A membrane without a leak: so slow that its decay is 1 in single precision.
constexpr double no_leak = 1e9;  // steps
/// How far numbers of a file may be off.
constexpr double in_single_precision = 1e-6;

using Values = std::vector<double>;

bool all_same(const Values& values) {
    return std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; });
}
bool all_zero(const Values& values) {
    return std::all_of(values.begin(), values.end(), [](double v) { return v == 0.0; });
}

/// Says a parameter: in the model where all cells have one value, else by cell.
void say(PlannedCells& cells, const char* name, const char* unit, const Values& values) {
    const char* const space = *unit ? " " : "";
    if (all_same(values)) {
        cells.model += fmt::format(", {}: {}{}{}", name, values[0], space, unit);
    } else {
        // The first stands in the model, as of a cell that others differ from.
        cells.model += fmt::format(", {}: {}{}{}", name, values[0], space, unit);
        cells.varied.push_back({name, unit, values});
    }
}

/// What files hold in single precision gives a gain of 1 so, where one is meant.
double single(double x) {
    return static_cast<double>(static_cast<float>(x));
}

class Reader {
  public:
    Reader(const Cells& cells, std::size_t size, const Reading& reading, double dt)
        : cells_(cells), size_(size), reading_(reading), dt_(dt) {}

    CellsAsModel read(bool sends) {
        switch (cells_.kind) {
            case CellKind::I:
            case CellKind::LI:
                return integrator(membrane(), sends);
            case CellKind::IF:
            case CellKind::LIF:
                return {{}, false, spiking("lif", membrane()), {}};
            case CellKind::CubaLI:
                return with_synapse([&](const Decay& v) { return integrator(v, sends); });
            case CellKind::CubaLIF:
                if (reading_.synapse == Synapse::next_step) return {{}, false, current_based(), {}};
                return with_synapse([&](const Decay& v) {
                    return CellsAsModel{{}, false, spiking("lif", v), {}};
                });
        }
        return {};
    }

  private:
    struct Decay {
        Values steps;  // time constant
        Values gain;   // of what arrives
    };

    Values broadcast(const Parameters& p, const char* name, double otherwise) const {
        for (const double v : p.values) {
            if (std::isfinite(v)) continue;
            const bool no_leak = std::isinf(v) && (name == std::string("r") || name[0] == 't');
            throw FileError(
                fmt::format("{} is {}{}", name, v,
                            no_leak ? "; a cell without a leak (beta 1) is an IF in NIR" : ""));
        }
        if (p.values.empty()) return Values(size_, otherwise);
        if (p.values.size() == 1) return Values(size_, p.values[0]);
        if (p.values.size() == size_) return p.values;
        throw FileError(fmt::format("{} has {} values for {} cells", name, p.values.size(), size_));
    }
    Values steps_of(const Parameters& tau, const char* name) const {
        Values out = broadcast(tau, name, 0.0);
        for (double& t : out) {
            double steps = t / reading_.unit;
            if (std::abs(steps - 1.0) < in_single_precision) steps = 1.0;  // nothing is kept
            if (!(t > 0.0))
                throw FileError(
                    fmt::format("{} is {}; a time constant is greater than 0", name, t));
            if (reading_.decay == Integration::euler && steps < 1.0)
                throw FileError(
                    fmt::format("{} is {:.6g}, {:.3g} of a step, and an Euler step of it would "
                                "overshoot; is --dt, or the library that --from names, the right "
                                "one?",
                                name, t, steps));
            t = steps;
        }
        return out;
    }
    double kept(double steps) const {
        return reading_.decay == Integration::exact ? std::exp(-1.0 / steps) : 1.0 - 1.0 / steps;
    }
    double lost(double steps) const {
        return reading_.decay == Integration::exact ? -std::expm1(-1.0 / steps) : 1.0 / steps;
    }
    /// Of v, and what a current is multiplied by.
    Decay membrane() const {
        Decay out;
        const Values r = broadcast(cells_.r, "r", 1.0);
        const bool leaks = cells_.kind != CellKind::I && cells_.kind != CellKind::IF;
        if (!leaks) {
            out.steps.assign(size_, no_leak);
            out.gain.assign(size_, 1.0);
            if (!reading_.unit_gain)
                for (std::size_t n = 0; n < size_; ++n) out.gain[n] = single(r[n] * reading_.unit);
            return out;
        }
        const bool cuba = cells_.kind == CellKind::CubaLI || cells_.kind == CellKind::CubaLIF;
        out.steps = steps_of(cells_.tau, cuba ? "tau_mem" : "tau");
        out.gain.assign(size_, 1.0);
        const bool whole = cells_.kind == CellKind::LIF ? reading_.whole_lif : reading_.whole_input;
        if (!whole || cuba)
            for (std::size_t n = 0; n < size_; ++n) out.gain[n] = single(r[n] * lost(out.steps[n]));
        return out;
    }
    Decay synapse() const {
        Decay out{steps_of(cells_.tau_syn, "tau_syn"), broadcast(cells_.w_in, "w_in", 1.0)};
        if (!reading_.whole_spikes)
            for (std::size_t n = 0; n < size_; ++n)
                out.gain[n] = single(out.gain[n] * lost(out.steps[n]));
        return out;
    }
    Values times(const Values& steps) const {
        Values out(steps);
        for (double& t : out) t *= dt_;
        return out;
    }
    /// The time constant (ms) with which an exact step decays as the one that is read.
    Values exact_times(const Values& steps) const {
        Values out(steps);
        for (double& t : out) {
            if (reading_.decay == Integration::euler && t < no_leak)
                t = t > 1.0 ? -1.0 / std::log1p(-1.0 / t) : 1e-3;  // exp(-1000) is 0
            t *= dt_;
        }
        return out;
    }

    CellsAsModel integrator(const Decay& v, bool sends) const {
        CellsAsModel out;
        out.cells.model = sends ? "leaky_integrator" : "leaky_readout";
        out.cells.spikes = false;
        out.cells.gain = v.gain;
        say(out.cells, "tau_m", "ms", exact_times(v.steps));
        const Values leak = broadcast(cells_.v_leak, "v_leak", 0.0);
        if (!all_zero(leak)) {
            out.offset = leak;
            out.cells.model.replace(0, out.cells.model.find(','), "leaky_integrator");
        }
        return out;
    }
    /// v_th and v_reset, from where v counts.
    struct Levels {
        Values threshold, reset;
    };
    Values leaks_to() const { return broadcast(cells_.v_leak, "v_leak", 0.0); }
    /// v counts from where it starts and leaks to; without a leak, from its reset.
    Values counts_from() const {
        if (cells_.kind != CellKind::IF) return leaks_to();
        if (reading_.reset != Reset::zero) return Values(size_, 0.0);
        return broadcast(cells_.v_reset, "v_reset", 0.0);
    }
    Levels levels(Values& gain, const Values& leak) const {
        Levels out{broadcast(cells_.v_threshold, "v_threshold", 1.0),
                   broadcast(cells_.v_reset, "v_reset", 0.0)};
        const bool leaks = cells_.kind != CellKind::IF;
        if (reading_.reset == Reset::subtract && !all_zero(leak))
            throw FileError(
                "v_leak is not 0, and --reset subtract takes off the whole threshold; write "
                "--reset zero");
        for (std::size_t n = 0; n < size_; ++n) {
            if (!(out.threshold[n] > leak[n]))
                throw FileError(fmt::format(
                    "v_threshold ({}) of cell {} is not above {} ({}): it would fire by itself",
                    out.threshold[n], n, leaks ? "v_leak" : "v_reset", leak[n]));
            out.threshold[n] -= leak[n];
            out.reset[n] = reading_.reset == Reset::zero ? out.reset[n] - leak[n] : 0.0;
            if (!(out.reset[n] < out.threshold[n]))
                throw FileError(fmt::format(
                    "v_reset of cell {} is not below v_threshold: it would fire for ever", n));
        }
        if (reading_.reset == Reset::zero && reading_.reset_at == ResetAt::next_step &&
            !all_zero(out.reset))
            throw FileError("v_reset is not v_leak; write --reset-at same_step");
        if (all_same(out.reset)) return out;
        // One v_reset a population: in units of the threshold, if they are one there.
        for (std::size_t n = 0; n < size_; ++n) {
            out.reset[n] /= out.threshold[n];
            gain[n] /= out.threshold[n];
            out.threshold[n] = 1.0;
        }
        if (!all_same(out.reset))
            throw FileError(
                "v_reset, counted from v_leak, differs from cell to cell by more than the "
                "thresholds "
                "do, and a population has one; make nodes of the cells that share one");
        return out;
    }
    void say_levels(PlannedCells& out, const Levels& levels) const {
        say(out, "v_th", "", levels.threshold);
        out.model += fmt::format(", reset: {}", name_of(reading_.reset));
        if (reading_.reset == Reset::zero && levels.reset[0] != 0.0)
            out.model += fmt::format(", v_reset: {}", levels.reset[0]);
        if (reading_.fires == Fires::above) out.model += ", fires: above";
        if (reading_.decay == Integration::euler) out.model += ", integration: euler";
    }
    PlannedCells spiking(const char* model, const Decay& v) const {
        PlannedCells out{model, {}, v.gain, true};
        say(out, "tau_m", "ms", times(v.steps));
        say_levels(out, levels(out.gain, counts_from()));
        if (reading_.reset != Reset::none && reading_.reset_at == ResetAt::next_step)
            out.model += ", reset_at: next_step";
        return out;
    }
    /// In a step of cuba_lif v takes 1 - beta of the current of the step before.
    PlannedCells current_based() const {
        if (reading_.reset_at == ResetAt::next_step && reading_.reset != Reset::none)
            throw FileError(
                "a cell whose spikes arrive a step later is reset in its own step; write "
                "--reset-at same_step");
        PlannedCells out{"cuba_lif", {}, {}, true};
        const Decay i = synapse(), v = membrane();
        out.gain.resize(size_);
        for (std::size_t n = 0; n < size_; ++n)
            out.gain[n] = i.gain[n] * v.gain[n] / lost(v.steps[n]);
        say(out, "tau_m", "ms", times(v.steps));
        say(out, "tau_s", "ms", times(i.steps));
        // It starts at 0, wherever it leaks to.
        const Values leak = leaks_to();
        if (!all_zero(leak)) say(out, "v_leak", "", leak);
        say_levels(out, levels(out.gain, Values(size_, 0.0)));
        return out;
    }
    template <class Make>
    CellsAsModel with_synapse(const Make& make) const {
        const Decay i = synapse();
        CellsAsModel out = make(membrane());
        out.synapse = PlannedCells{"leaky_integrator", {}, i.gain, false};
        say(*out.synapse, "tau_m", "ms", exact_times(i.steps));
        out.synapse_late = reading_.synapse == Synapse::next_step;
        return out;
    }

    const Cells& cells_;
    const std::size_t size_;
    const Reading& reading_;
    const double dt_;
};

}  // namespace

CellsAsModel cells_as_model(const Cells& cells, std::size_t size, const Reading& reading, double dt,
                            bool sends) {
    return Reader(cells, size, reading, dt).read(sends);
}

}  // namespace snnsim::nir
