#include "src/training/paths.hpp"

#include <algorithm>

namespace snnsim {
namespace {

template <class Wanted>
std::vector<std::size_t> find_projections(const Network& network, Wanted&& wanted) {
    std::vector<std::size_t> found;
    for (std::size_t n = 0; n < network.projections.size(); ++n) {
        if (wanted(n)) found.push_back(n);
    }
    return found;
}

}  // namespace

bool Paths::is_output(std::size_t k) const {
    if (network_.outputs.empty()) return k + 1 == network_.populations.size();
    return std::find(network_.outputs.begin(), network_.outputs.end(), k) != network_.outputs.end();
}

bool Paths::sends(std::size_t k) const {
    return std::any_of(network_.projections.begin(), network_.projections.end(),
                       [&](const Projection& p) { return p.from == k; });
}

bool Paths::lists_events(std::size_t k) const {
    return std::any_of(network_.projections.begin(), network_.projections.end(),
                       [&](const Projection& p) { return p.from == k && !p.windowed; });
}

const Stage& Paths::stage_of(std::size_t k) const {
    std::size_t at = 0;
    while (stages_[at].last < k) ++at;
    return stages_[at];
}

bool Paths::inside(std::size_t k) const {
    const Stage& stage = stage_of(network_.projections[k].from);
    return stage.loop && &stage == &stage_of(network_.projections[k].to);
}

std::vector<std::size_t> Paths::inputs_of(std::size_t k, bool inside_loop) const {
    return find_projections(network_, [&](std::size_t n) {
        return network_.projections[n].to == k && inside(n) == inside_loop;
    });
}

std::vector<std::size_t> Paths::outputs_of(std::size_t k, bool inside_loop) const {
    return find_projections(network_, [&](std::size_t n) {
        return network_.projections[n].from == k && inside(n) == inside_loop;
    });
}

void Paths::find_gradients(std::vector<bool> populations, const std::vector<bool>& projections,
                           Objective objective) {
    objective_ = objective;
    needs_gradient_ = std::move(populations);
    std::vector<bool> learns(needs_gradient_.size(), false);  // by what enters them
    for (std::size_t k = 0; k < projections.size(); ++k)
        if (projections[k]) learns[network_.projections[k].to] = true;
    for (bool grew = true; grew;) {
        grew = false;
        const auto need = [&](std::size_t k) {
            grew = grew || !needs_gradient_[k];
            needs_gradient_[k] = true;
        };
        for (const Projection& p : network_.projections) {
            // No error goes back through dendrites that do not learn.
            const bool through = needs_gradient_[p.from] &&
                                 (learns[p.to] || !network_.populations[p.to].dendrites_of);
            if (learns[p.to] || through) need(p.to);
        }
        for (std::size_t k = 0; k < needs_gradient_.size(); ++k) {
            if (needs_gradient_[k] && follows_error(k)) need(*network_.populations[k].dendrites_of);
        }
    }
}

bool Paths::passes_gradient(std::size_t k) const {
    const Projection& p = network_.projections[k];
    return needs_gradient_[p.from] && needs_gradient_[p.to] && !follows_error(p.from);
}

std::vector<std::size_t> Paths::passing_back(std::size_t k) const {
    return find_projections(network_, [&](std::size_t n) {
        return network_.projections[n].from == k && !inside(n) && passes_gradient(n);
    });
}

}  // namespace snnsim
