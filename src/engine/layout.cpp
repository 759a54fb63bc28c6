#include "src/engine/layout.hpp"

#include <algorithm>

#include "src/engine/block_count.hpp"

namespace snnsim {
namespace {

constexpr std::uint32_t most_slots = 65536;

std::vector<CellBlock> split(const std::vector<PopulationLayout>& populations,
                             std::uint32_t count) {
    std::vector<CellBlock> blocks(count);
    for (std::uint32_t b = 0; b < count; ++b) {
        CellBlock& block = blocks[b];
        for (const PopulationLayout& p : populations) {
            const std::uint64_t panels = (p.size + cell_panel - 1) / cell_panel;
            const auto edge = [&](std::uint64_t k) {
                return std::min(p.size,
                                static_cast<std::uint32_t>(panels * k / count * cell_panel));
            };
            Slice slice{edge(b), 0, block.cells, block.slots};
            slice.count = edge(b + 1) - slice.first;
            block.cells += slice.padded();
            block.slots += slice.padded() * p.receptors;
            block.slices.push_back(slice);
        }
    }
    return blocks;
}

/// Where they begin is not told.
std::vector<PopulationLayout> populations_of(const SimulationSpec& spec) {
    std::vector<PopulationLayout> out;
    for (const CellPopulationSpec& p : spec.populations)
        out.push_back({static_cast<std::uint32_t>(p.size), 0,
                       static_cast<std::uint32_t>(receptors_of(p).size())});
    return out;
}

std::vector<CellBlock> split_small(const std::vector<PopulationLayout>& populations,
                                   std::uint32_t threads) {
    std::vector<CellBlock> blocks;
    do {
        blocks = split(populations, static_cast<std::uint32_t>(blocks.size()) + threads);
    } while (std::any_of(blocks.begin(), blocks.end(),
                         [](const CellBlock& b) { return b.slots > most_slots; }));
    return blocks;
}

}  // namespace

std::uint32_t block_count(const SimulationSpec& spec, std::uint32_t threads) {
    return static_cast<std::uint32_t>(split_small(populations_of(spec), threads).size());
}

Layout::Layout(const SimulationSpec& spec, ThreadShare threads)
    : populations(populations_of(spec)), whole(threads.whole()) {
    for (PopulationLayout& p : populations) {
        p.first_row = rows;
        rows += p.size;
    }
    blocks = split_small(populations, static_cast<std::uint32_t>(threads.all));
    const auto count = static_cast<std::uint32_t>(blocks.size());
    const std::uint32_t each = count / static_cast<std::uint32_t>(threads.all),
                        first = each * static_cast<std::uint32_t>(threads.first),
                        here = each * static_cast<std::uint32_t>(threads.count);
    panels.resize(populations.size());
    for (std::uint32_t b = 0; b < count; ++b) {
        for (std::size_t p = 0; p < populations.size(); ++p) {
            const Slice& slice = blocks[b].slices[p];
            for (std::uint32_t at = 0; at < slice.padded(); at += cell_panel)
                panels[p].push_back({static_cast<std::uint16_t>(std::min(b - first, here)),
                                     static_cast<std::uint16_t>(slice.slot + at),
                                     static_cast<std::uint16_t>(slice.padded())});
        }
    }
    blocks.erase(blocks.begin() + first + here, blocks.end());
    blocks.erase(blocks.begin(), blocks.begin() + first);
}

}  // namespace snnsim
