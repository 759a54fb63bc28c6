#include "src/network/trained_parameters.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/random.hpp"
#include "snnsim/error.hpp"
#include "src/model/trainable.hpp"

namespace snnsim {
namespace {

/// Box & Muller 1958.
double normal(const RandomKey& key, std::uint32_t cell) {
    const Philox4 random = key.draw(cell);
    const double u = (random.word[0] + 0.5) / 4294967296.0,
                 v = (random.word[1] + 0.5) / 4294967296.0;
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * 3.14159265358979323846 * v);
}

}  // namespace

std::vector<TrainedParameter> trained_parameters(const ModelSpec& spec, std::size_t k) {
    const PopulationSpec& p = spec.populations[k];
    const auto cells = static_cast<std::size_t>(p.size);
    std::vector<TrainedParameter> out;
    for (const TrainableSpec& t : p.trainable) {
        const NumberParameter number = *number_parameter(p.neuron, t.name);
        const ChosenLink chosen = link_of(p, t, spec.dt);
        SNN_EXPECT(chosen.wrong.empty());
        SNN_EXPECT(t.file.empty() || t.loaded);
        const bool fixed = t.as == LinkKind::fixed;
        TrainedParameter one{t.name,
                             number.unit,
                             t.per,
                             chosen.link,
                             {},
                             {},
                             fixed ? std::optional(0.0) : t.lr,
                             fixed ? 0.0 : t.weight_decay,
                             p.order().places};
        const double start = one.link.variable(number.value), most = one.link.most();
        const RandomKey key{spec.seed, Stream::parameters, static_cast<std::uint32_t>(k),
                            static_cast<std::uint32_t>(out.size())};
        one.w.assign(one.group_of(cells - 1) + 1, static_cast<float>(start));
        for (std::size_t group = 0; group < one.w.size(); ++group) {
            double w = start;
            if (t.spread > 0.0)
                w = std::clamp(start + t.spread * normal(key, static_cast<std::uint32_t>(group)),
                               -most, most);
            one.w[group] = static_cast<float>(w);
        }
        // By cell; of those that share a value the last one counts.
        for (std::size_t n = 0; t.loaded && n < cells; ++n)
            one.w[one.group_of(n)] = static_cast<float>(one.link.variable((*t.loaded)[n]));
        one.first = one.w;
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace snnsim
