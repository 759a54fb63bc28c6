#include "src/engine/ranks/first_trouble.hpp"

namespace snnsim {

void tell_first_trouble(Exchange& exchange, const std::optional<FoundTrouble>& mine) {
    WordWriter message;
    if (mine) {
        message.add(mine->step);
        message.add(mine->population);
        message.add(mine->cell);
        message.add(mine->text);
    }
    Gathered all;
    exchange.all_gather(message.words, all);
    std::optional<FoundTrouble> first;
    for (int r = 0; r < exchange.ranks(); ++r) {
        WordReader theirs(all.of(r));
        if (theirs.done()) continue;
        FoundTrouble found;
        theirs.get(found.step);
        theirs.get(found.population);
        theirs.get(found.cell);
        theirs.get(found.text);
        if (!first || found < *first) first = found;
    }
    if (first) throw NumericalError(first->text, first->step);
}

}  // namespace snnsim
