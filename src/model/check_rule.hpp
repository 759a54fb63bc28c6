// The keys of `connect`, which trainings and simulations share.
#pragma once

#include <string>
#include <vector>

#include "snnsim/network_spec.hpp"
#include "src/model/places.hpp"

namespace snnsim {

/// The keys of `connect` that a rule takes.
struct RuleKeys {
    std::vector<std::string> required, optional;
};
RuleKeys keys_of_rule(Rule rule);

/// The keys of the rule are there, and no others. False when the rule cannot be used. `k`: the
/// place in the list `section`.
bool check_rule_keys(Places& places, const ConnectSpec& connect, const std::string& k,
                     const std::string& section = "projections");
/// What the rule says of the sizes of two populations, `from` and `to` cells, of which `from_left`
/// and `to_left` are there once they are scaled.
void check_rule_sizes(Places& places, const NamedProjection& projection, const std::string& k,
                      std::int64_t from, std::int64_t to, std::int64_t from_left,
                      std::int64_t to_left);
/// The file of a list has one of the endings that are read.
void check_list_file(Places& places, const std::string& file, const std::string& k,
                     const std::string& section = "projections");

}  // namespace snnsim
