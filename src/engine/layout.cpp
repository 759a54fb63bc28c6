#include "src/engine/layout.hpp"

#include <algorithm>

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

}  // namespace

Layout::Layout(const SimulationSpec& spec, ThreadShare threads) : whole(threads.whole()) {
    for (const CellPopulationSpec& p : spec.populations) {
        const auto size = static_cast<std::uint32_t>(p.size);
        populations.push_back({size, rows, static_cast<std::uint32_t>(receptors_of(p).size())});
        rows += size;
    }
    std::uint32_t count = 0;
    do {
        count += static_cast<std::uint32_t>(threads.all);
        blocks = split(populations, count);
    } while (std::any_of(blocks.begin(), blocks.end(),
                         [](const CellBlock& b) { return b.slots > most_slots; }));
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
