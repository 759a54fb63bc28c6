#include "src/evolve/neat.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace snnsim {

Neat::Neat(const EvolveFile& file, const CircuitEnds& ends)
    : seed_(file.seed),
      spec_(file.evolve.neat),
      ends_(ends),
      size_(static_cast<std::size_t>(file.evolve.population)),
      innovations_(ends) {
    SearchDraws draws = evolve_draws(seed_, EvolveDraws::children, 0);
    for (std::size_t k = 0; k < size_; ++k)
        genomes_.push_back(first_genome(ends_, innovations_, draws));
    sort_into_species();
}

void Neat::sort_into_species() {
    for (Species& s : species_) s.members.clear();
    for (std::size_t k = 0; k < genomes_.size(); ++k) {
        const auto at = std::find_if(species_.begin(), species_.end(), [&](const Species& s) {
            return distance(s.first, genomes_[k], spec_) < spec_.threshold;
        });
        if (at != species_.end()) {
            at->members.push_back(k);
        } else {
            species_.push_back({genomes_[k], {k}, -1e300, generation_});
        }
    }
    std::erase_if(species_, [](const Species& s) { return s.members.empty(); });
}

void Neat::end_stagnant(const std::vector<double>& fitness) {
    for (Species& s : species_) {
        std::stable_sort(s.members.begin(), s.members.end(),
                         [&](std::size_t a, std::size_t b) { return fitness[a] > fitness[b]; });
        if (fitness[s.members[0]] > s.best) {
            s.best = fitness[s.members[0]];
            s.gained = generation_;
        }
    }
    const auto best =
        std::max_element(species_.begin(), species_.end(), [&](const Species& a, const Species& b) {
            return fitness[a.members[0]] < fitness[b.members[0]];
        });
    const std::size_t kept = best->members[0];
    std::erase_if(species_, [&](const Species& s) {
        return s.members[0] != kept &&
               generation_ - s.gained >= static_cast<std::size_t>(spec_.stagnation);
    });
}

std::vector<std::size_t> Neat::shares(const std::vector<double>& fitness) const {
    // Fitnesses may be below 0: they count from that of the least fit on.
    double least = fitness[species_[0].members[0]], all = 0.0;
    for (const Species& s : species_) least = std::min(least, fitness[s.members.back()]);
    std::vector<double> means;
    for (const Species& s : species_) {
        double sum = 0.0;
        for (const std::size_t k : s.members) sum += fitness[k] - least;
        means.push_back(sum / static_cast<double>(s.members.size()) + 1e-9);
        all += means.back();
    }
    std::vector<std::size_t> out;
    double upto = 0.0;
    std::size_t given = 0;
    for (const double mean : means) {  // rounded so that all have their children
        upto += mean;
        const auto next = static_cast<std::size_t>(
            std::lround(static_cast<double>(size_) * std::min(1.0, upto / all)));
        out.push_back(next - given);
        given = next;
    }
    return out;
}

Genome Neat::child(const Species& of, SearchDraws& draws) {
    const double parents =
        std::max(1.0, std::ceil(spec_.survivors * static_cast<double>(of.members.size())));
    const auto parent = [&] {
        const auto k = static_cast<std::size_t>(draws.uniform() * parents);
        return std::min(k, of.members.size() - 1);
    };
    std::size_t first = parent();
    Genome out;
    if (draws.uniform() < spec_.crossover) {
        std::size_t second = parent();
        if (second < first) std::swap(first, second);  // members are sorted
        out = crossed(genomes_[of.members[first]], genomes_[of.members[second]], draws);
    } else {
        out = genomes_[of.members[first]];
    }
    mutate(out, spec_, ends_, innovations_, draws);
    return out;
}

void Neat::tell(const std::vector<double>& fitness) {
    end_stagnant(fitness);
    const std::vector<std::size_t> children = shares(fitness);
    SearchDraws draws = evolve_draws(seed_, EvolveDraws::children, ++generation_);
    std::vector<Genome> next;
    for (std::size_t s = 0; s < species_.size(); ++s) {
        Species& of = species_[s];
        std::size_t count = children[s];
        if (count > 0 && of.members.size() > static_cast<std::size_t>(spec_.elite_above)) {
            next.push_back(genomes_[of.members[0]]);
            --count;
        }
        for (std::size_t k = 0; k < count; ++k) next.push_back(child(of, draws));
    }
    for (Species& s : species_) {
        const auto k =
            static_cast<std::size_t>(draws.uniform() * static_cast<double>(s.members.size()));
        s.first = genomes_[s.members[std::min(k, s.members.size() - 1)]];
    }
    genomes_ = std::move(next);
    sort_into_species();
}

}  // namespace snnsim
