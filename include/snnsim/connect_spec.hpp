// Which cells of two populations a projection connects: the same rules for trainings and
// simulations.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "kernels/fields.hpp"

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
};
template <>
struct Names<Rule> {
    static constexpr std::array values{
        "all_to_all",       "one_to_one",         "blocks", "fixed_probability", "fixed_in_degree",
        "fixed_out_degree", "fixed_total_number", "list"};
};
struct ConnectSpec {
    Rule rule = Rule::all_to_all;
    double p = 0.0;
    std::int64_t n = 0;
    bool autapses = true;
    bool own = true;
    bool multapses = true;
    std::string file;  // relative to the model file

    static constexpr auto fields() {
        return Fields{
            Field{"rule", &ConnectSpec::rule, "", unlimited,
                  "all_to_all; one_to_one; blocks: the cells of the larger population share out "
                  "among "
                  "those of the smaller one, in order and evenly; fixed_probability: every pair "
                  "with probability p; "
                  "fixed_in_degree: n sources for every target; fixed_out_degree: n targets for "
                  "every source; fixed_total_number: n synapses between random pairs; list: those "
                  "of a "
                  "file",
                  Need::required},
            Field{"p", &ConnectSpec::p, "", fraction,
                  "fixed_probability: of a pair; fixed_total_number without n: probability that a "
                  "pair has at least one synapse, from which n follows (Potjans & Diesmann 2014)"},
            Field{"n", &ConnectSpec::n, "", non_negative, "number of the fixed_ rules"},
            Field{"autapses", &ConnectSpec::autapses, "", unlimited,
                  "a cell may connect to itself"},
            Field{
                "own", &ConnectSpec::own, "", unlimited,
                "false, between two populations of one size: a cell connects to all cells but the "
                "one of its own number, as when each inhibitory cell spares the one that drives "
                "it"},
            Field{"multapses", &ConnectSpec::multapses, "", unlimited,
                  "a pair may have several synapses (fixed_in_degree, fixed_out_degree; in a "
                  "training "
                  "none has)"},
            Field{"file", &ConnectSpec::file, "", unlimited,
                  "list: .csv or .h5, relative to the model file; columns source, target and, "
                  "where the "
                  "projection does not give them, weight and, of a simulation, delay"},
        };
    }
};

}  // namespace snnsim
