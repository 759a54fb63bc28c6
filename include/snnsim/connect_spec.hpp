// Which cells of two populations a projection connects: the same rules for trainings and
// simulations.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "snnsim/space_spec.hpp"

namespace snnsim {

enum class Rule : std::uint8_t {
    all_to_all,
    one_to_one,
    blocks,
    fixed_probability,
    fixed_in_degree,
    fixed_out_degree,
    fixed_total_number,
    list,
    pairwise_poisson,
    symmetric_pairwise_bernoulli,
    conv,
    pool,
    conv1d,
    conv2d,
    avg_pool,
    sum_pool,
    max_pool,
};
inline bool only_simulated(Rule rule) {
    return rule >= Rule::pairwise_poisson && rule < Rule::conv1d;
}
inline bool only_trained(Rule rule) {
    return rule >= Rule::conv1d;
}
/// Of trainings: a window that moves over a shape, with weights that all its places share ...
inline bool is_convolution(Rule rule) {
    return rule == Rule::conv1d || rule == Rule::conv2d;
}
/// ... or none.
inline bool is_pool(Rule rule) {
    return rule >= Rule::avg_pool;
}
template <>
struct Names<Rule> {
    static constexpr std::array values{"all_to_all",
                                       "one_to_one",
                                       "blocks",
                                       "fixed_probability",
                                       "fixed_in_degree",
                                       "fixed_out_degree",
                                       "fixed_total_number",
                                       "list",
                                       "pairwise_poisson",
                                       "symmetric_pairwise_bernoulli",
                                       "conv",
                                       "pool",
                                       "conv1d",
                                       "conv2d",
                                       "avg_pool",
                                       "sum_pool",
                                       "max_pool"};
};

/// Of a window: [rows, columns], or one number for both.
struct Sides : std::vector<std::int64_t> {
    using std::vector<std::int64_t>::vector;
};

struct ConnectSpec {
    Rule rule = Rule::all_to_all;
    double p = 0.0;
    std::int64_t n = 0;
    bool autapses = true;
    bool own = true;
    bool multapses = true;
    std::string file;  // relative to the model file
    std::string dataset;
    Sides window, stride, padding, dilation;
    std::int64_t channels = 0;
    std::int64_t groups = 1;
    std::optional<MaskSpec> mask;
    std::optional<KernelSpec> kernel = {};

    /// Which pairs there are depends on where the cells are.
    bool by_distance() const { return mask || (kernel && kernel->sides.empty()); }

    static constexpr auto fields() {
        return Fields{
            Field{"rule", &ConnectSpec::rule, "", unlimited,
                  "all_to_all; one_to_one; blocks: the cells of the larger population share out "
                  "among those of the smaller one, in order and evenly; fixed_probability: every "
                  "pair with probability p; fixed_in_degree: n sources for every target; "
                  "fixed_out_degree: n targets for every source; fixed_total_number: n synapses "
                  "between random pairs; list: those of a file. Of simulations only: "
                  "pairwise_poisson: every pair has a Poisson number of synapses of mean p; "
                  "symmetric_pairwise_bernoulli: every two cells of a population, once, with "
                  "probability p and then in both directions, with the same weight and delay (NEST "
                  "draws both orders and so makes up to twice as many); conv, pool: a window that "
                  "moves over a grid, see below. Of trainings only, between populations with a "
                  "shape: conv2d, conv1d: a window whose weights all places share, as "
                  "torch.nn.Conv2d; avg_pool, sum_pool, max_pool: the mean, sum or largest of what "
                  "a window covers of each channel, without weights",
                  Need::required},
            Field{"p", &ConnectSpec::p, "", non_negative,
                  "fixed_probability, symmetric_pairwise_bernoulli: of a pair, 1 at most; with a "
                  "mask or kernel 1 by default; pairwise_poisson: mean number; fixed_total_number "
                  "without n: probability that a pair has at least one synapse, from which n "
                  "follows (Potjans & Diesmann 2014)"},
            Field{"n", &ConnectSpec::n, "", non_negative, "number of the fixed_ rules"},
            Field{"autapses", &ConnectSpec::autapses, "", unlimited,
                  "a cell may connect to itself"},
            Field{"own", &ConnectSpec::own, "", unlimited,
                  "false, between two populations of one size: a cell connects to all cells but "
                  "the one of its own number, as when each inhibitory cell spares the one that "
                  "drives it"},
            Field{"multapses", &ConnectSpec::multapses, "", unlimited,
                  "a pair may have several synapses (fixed_in_degree, fixed_out_degree, "
                  "fixed_total_number, pairwise_poisson; in a training none has)"},
            Field{"file", &ConnectSpec::file, "", unlimited,
                  "list: .csv or .h5, relative to the model file; columns source, target and, "
                  "where the projection does not give them, weight and, of a simulation, delay. "
                  "conv: .npy or .npz with weights [to][from][row][column], where the "
                  "projection gives none"},
            Field{
                "dataset", &ConnectSpec::dataset, "", unlimited,
                "conv: name of the array in `file`, where there are several; list: group of an .h5 "
                "file with the columns"},
            Field{"window", &ConnectSpec::window, "", at_least(1),
                  "conv, pool: [rows, columns] of the window"},
            Field{
                "stride", &ConnectSpec::stride, "", at_least(1),
                "of a window: [rows, columns] that it moves by; default: conv 1, pools the window"},
            Field{"padding", &ConnectSpec::padding, "", non_negative,
                  "of a window: [rows, columns] by which it looks beyond the borders, where there "
                  "are "
                  "zeros (of max_pool: nothing); default: 0"},
            Field{"dilation", &ConnectSpec::dilation, "", at_least(1),
                  "conv1d, conv2d: [rows, columns] from one weight to the next; default: 1"},
            Field{"channels", &ConnectSpec::channels, "", at_least(1),
                  "conv1d, conv2d: of the targets, where they have no shape of their own"},
            Field{"groups", &ConnectSpec::groups, "", at_least(1),
                  "conv1d, conv2d: channels fall into so many groups, each seen by its own targets "
                  "alone (as many as channels: depthwise)"},
            Field{"mask", &ConnectSpec::mask, "", unlimited,
                  "simulations: only pairs whose displacement lies under it; see below"},
            Field{
                "kernel", &ConnectSpec::kernel, "", unlimited,
                "conv1d, conv2d, avg_pool, sum_pool, max_pool: [rows, columns] of the window, or a "
                "number. Simulations: what p is multiplied by at a distance, or, of "
                "fixed_in_degree and fixed_out_degree, to what the chances of partners are "
                "proportional; see below"},
        };
    }
};

}  // namespace snnsim
