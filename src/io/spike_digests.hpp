// Digests and numbers of the spikes of a simulation.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "snnsim/engine.hpp"
#include "src/engine/records.hpp"
#include "src/io/digest.hpp"
#include "src/io/simulation_file.hpp"

namespace snnsim {

/// Of all spikes of each population, recorded or not, but that of the input of a trained network
/// (see follows_from_samples), which has none.
class SpikeDigests {
  public:
    explicit SpikeDigests(const SimulationSpec& spec) {
        for (const CellPopulationSpec& p : spec.populations) {
            names_.push_back(p.name);
            graded_.push_back(p.graded());
            skipped_.push_back(follows_from_samples(spec, names_.size() - 1));
            digests_.emplace_back(p.name);
        }
        counts_.resize(names_.size());
    }
    void add(const Spikes& spikes) {
        for (std::size_t k = 0; k < spikes.size(); ++k) {
            const std::size_t p = spikes.population[k];
            if (skipped_[p]) {
                ++counts_[p];
                continue;
            }
            if (graded_[p]) {
                digests_[p].add(0, spikes.step[k], spikes.cell[k], spikes.value[k]);
            } else {
                digests_[p].add(0, spikes.step[k], spikes.cell[k]);
            }
            ++counts_[p];
        }
    }
    std::vector<std::vector<std::uint8_t>> save() const {
        std::vector<std::vector<std::uint8_t>> saved;
        for (const SpikeDigest& d : digests_) saved.push_back(d.save());
        return saved;
    }
    void restore(const SimulationCheckpoint& c) {
        for (std::size_t p = 0; p < digests_.size(); ++p) digests_[p].restore(c.digests.at(p));
        counts_ = c.engine.spike_counts;
    }
    void finish(SimulationSummary& summary) const {
        std::vector<std::pair<std::string, std::string>> named;
        for (std::size_t p = 0; p < names_.size(); ++p) {
            summary.digests.push_back(skipped_[p] ? "" : digests_[p].hex());
            if (!skipped_[p]) named.emplace_back(names_[p], summary.digests.back());
        }
        summary.digest = combined_digest(named);
        summary.spikes = counts_;
    }

  private:
    std::vector<std::string> names_;
    std::vector<bool> graded_, skipped_;
    std::vector<SpikeDigest> digests_;
    std::vector<std::uint64_t> counts_;
};

}  // namespace snnsim
