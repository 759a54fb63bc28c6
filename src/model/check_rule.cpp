#include "src/model/check_rule.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim {

RuleKeys keys_of_rule(Rule rule) {
    switch (rule) {
        case Rule::one_to_one:
        case Rule::blocks:
            return {};
        case Rule::all_to_all:
            return {{}, {"autapses", "own", "mask"}};
        case Rule::fixed_probability:
            return {{"p"}, {"autapses", "mask", "kernel"}};
        case Rule::fixed_total_number:
            return {{}, {"n", "p", "autapses", "multapses"}};
        case Rule::list:
            return {{"file"}, {"dataset"}};
        case Rule::pairwise_poisson:
            return {{"p"}, {"autapses", "multapses", "mask", "kernel"}};
        case Rule::symmetric_pairwise_bernoulli:
            return {{"p"}, {"mask", "kernel"}};
        case Rule::conv:
            return {{}, {"file", "dataset", "window", "stride", "padding"}};
        case Rule::pool:
            return {{"window"}, {"stride", "padding"}};
        case Rule::conv1d:
        case Rule::conv2d:
            return {{"kernel"}, {"channels", "stride", "padding", "dilation", "groups"}};
        case Rule::avg_pool:
        case Rule::sum_pool:
        case Rule::max_pool:
            return {{"kernel"}, {"stride", "padding"}};
        case Rule::fixed_in_degree:
        case Rule::fixed_out_degree:
            break;
    }
    return {{"n"}, {"autapses", "multapses", "mask", "kernel"}};
}

bool check_rule_keys(Places& places, const ConnectSpec& connect, const std::string& k,
                     const std::string& section) {
    if (!places.sound({section, k, "connect"})) return false;
    const auto given = [&](const std::string& key) {
        return places.given({section, k, "connect", key});
    };
    const RuleKeys keys = keys_of_rule(connect.rule);
    const char* const rule = name_of(connect.rule);
    std::vector<std::string> known = keys.required;
    known.insert(known.end(), keys.optional.begin(), keys.optional.end());
    bool good = true;
    for (const char* key :
         {"p", "n", "autapses", "own", "multapses", "file", "dataset", "window", "stride",
          "padding", "dilation", "channels", "groups", "mask", "kernel"}) {
        if (!given(key) || std::find(known.begin(), known.end(), key) != known.end()) continue;
        places.add({section, k, "connect", key},
                   fmt::format("{} does not use '{}'{}", rule, key,
                               known.empty() ? "" : fmt::format(" (it takes: {})", join(known))));
        good = false;
    }
    for (const std::string& key : keys.required) {
        if (given(key) || (key == "p" && connect.by_distance())) continue;
        places.add({section, k, "connect"},
                   fmt::format("{} is missing the key '{}', for example '{}'", rule, key,
                               key == "p"        ? "p: 0.1"
                               : key == "file"   ? "file: edges.csv"
                               : key == "window" ? "window: [2, 2]"
                               : key == "kernel" ? "kernel: 3"
                                                 : "n: 100"));
        good = false;
    }
    if (connect.kernel && !connect.kernel->sides.empty() && !only_trained(connect.rule)) {
        places.add({section, k, "connect", "kernel"},
                   fmt::format("the kernel of {} is a function of the distance, for example "
                               "'kernel: {{shape: gaussian, std: 0.2}}'; sides are for conv2d",
                               rule));
        return false;
    }
    if (connect.p > 1.0 && connect.rule != Rule::pairwise_poisson && given("p") &&
        std::find(known.begin(), known.end(), "p") != known.end()) {
        places.add({section, k, "connect", "p"},
                   fmt::format("p must be between 0 and 1; found '{:g}'", connect.p));
        return false;
    }
    if (connect.p > 100.0) {
        places.add({section, k, "connect", "p"},
                   fmt::format("p is the mean number of synapses of a pair, at most 100; found "
                               "'{:g}'",
                               connect.p));
        return false;
    }
    if (connect.rule == Rule::pairwise_poisson && !connect.multapses) {
        places.add({section, k, "connect", "multapses"},
                   "a Poisson number of synapses may be above 1; without multapses use "
                   "fixed_probability");
        return false;
    }
    if (connect.rule == Rule::fixed_total_number && given("n") == given("p")) {
        places.add({section, k, "connect"},
                   given("n") ? "fixed_total_number takes n or p, not both"
                              : "fixed_total_number is missing the key 'n' (or 'p'), for example "
                                "'n: 100000'");
        return false;
    }
    return good;
}

void check_rule_sizes(Places& places, const NamedProjection& p, const std::string& k,
                      std::int64_t from, std::int64_t to, std::int64_t from_left,
                      std::int64_t to_left) {
    const Rule rule = p.connect.rule;
    const auto of_one_size = [&](const char* what) {
        return fmt::format("{} needs populations of one size; '{}' has {} and '{}' has {}", what,
                           p.from, counted(from, "cell"), p.to, to);
    };
    if (rule == Rule::one_to_one && from != to)
        places.add({"projections", k, "connect"}, of_one_size("one_to_one"));
    if (rule == Rule::blocks && std::max(from_left, to_left) % std::min(from_left, to_left) != 0) {
        places.add({"projections", k, "connect"},
                   fmt::format("blocks shares out evenly, but {} cells ('{}') and {} ('{}') do not "
                               "divide",
                               from_left, p.from, to_left, p.to));
    }
    if (rule == Rule::symmetric_pairwise_bernoulli && p.from != p.to)
        places.add({"projections", k, "connect"},
                   fmt::format("{} connects the cells of one population with each other, but this "
                               "leads from '{}' to '{}'",
                               name_of(rule), p.from, p.to));
    if (!p.connect.own && p.from == p.to) {
        places.add(
            {"projections", k, "connect", "own"},
            fmt::format("own is for two populations; within '{}' write autapses: false", p.from));
    } else if (!p.connect.own && from != to) {
        places.add({"projections", k, "connect", "own"}, of_one_size("own: false"));
    }
}

void check_list_file(Places& places, const std::string& file, const std::string& k,
                     const std::string& section) {
    const auto ends = [&](const char* ending) { return file.ends_with(ending); };
    if (!places.sound({section, k, "connect", "file"})) return;
    if (ends(".csv") || ends(".h5") || ends(".hdf5")) return;
    places.add({section, k, "connect", "file"},
               fmt::format("'{}' must end in .csv, .h5 or .hdf5", file));
}

}  // namespace snnsim
