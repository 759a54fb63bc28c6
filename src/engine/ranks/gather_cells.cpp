#include "src/engine/ranks/gather_cells.hpp"

namespace snnsim {

void gather_states(Exchange& exchange, const Layout& layout,
                   const std::vector<std::size_t>& variables,
                   std::vector<std::vector<float>>& states) {
    if (exchange.alone()) return;
    WordWriter mine;
    std::vector<std::vector<float>*> arrays;
    for (std::size_t p = 0; p < states.size(); ++p) {
        add_columns(mine, states[p].data(), {variables[p], layout.populations[p].size},
                    {layout.first_here(p), layout.count_here(p)});
        arrays.push_back(&states[p]);
    }
    fetch_columns(exchange, mine, arrays);
}

void gather_samples(Exchange& exchange, const Layout& layout,
                    const std::vector<CellRecord>& records, std::vector<StateSamples>& samples) {
    if (exchange.alone()) return;
    WordWriter mine;
    std::vector<std::vector<float>*> arrays;
    for (std::size_t r = 0; r < samples.size(); ++r) {
        add_columns(mine, samples[r].values.data(),
                    {samples[r].step.size(), records[r].cells.count},
                    columns_here(records[r], layout));
        arrays.push_back(&samples[r].values);
    }
    fetch_columns(exchange, mine, arrays);
}

void gather_inputs(Exchange& exchange, const Layout& layout, const std::vector<CellRecord>& records,
                   std::vector<std::vector<std::int64_t>>& inputs) {
    if (exchange.alone()) return;
    WordWriter mine;
    std::vector<std::vector<std::int64_t>*> arrays;
    for (std::size_t r = 0; r < inputs.size(); ++r) {
        const std::size_t receptors =
            inputs[r].size() / std::max<std::size_t>(1, records[r].cells.count);
        add_columns(mine, inputs[r].data(), {receptors, records[r].cells.count},
                    columns_here(records[r], layout));
        arrays.push_back(&inputs[r]);
    }
    fetch_columns(exchange, mine, arrays);
}

}  // namespace snnsim
