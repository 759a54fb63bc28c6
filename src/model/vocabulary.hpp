// What the words of model files mean in trainings and in simulations: for the reference, and for
// errors that know the other side.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace snnsim {

enum class Side : std::uint8_t { training, simulation };

/// "model"; "key" of "data.encode"; "parameter" of "lif".
struct Meaning {
    std::string what, where;
};
struct Word {
    std::vector<Meaning> training, simulation;
    std::string instead_in_training, instead_in_simulation;  // where it means nothing there
};

/// Every model, rule, encoder, stimulus, key and so on, from the tables that the reader uses.
const std::map<std::string, Word>& vocabulary();

/// "; lif is a model of trainings; here iaf_psc_delta" for a word that only the other side has.
/// Meanings of the kind `what` come first. Empty where this side has it, too.
std::string other_side(const std::string& word, const std::string& what, Side here);

/// The vocabulary in Markdown.
std::string vocabulary_table();

}  // namespace snnsim
