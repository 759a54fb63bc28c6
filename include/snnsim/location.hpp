// A place in a model file.
#pragma once

namespace snnsim {

/// Where something stands in the model file, from 1; line 0: it does not come from a file.
struct Location {
    int line = 0;
    int column = 0;

    bool operator==(const Location&) const = default;
};

}  // namespace snnsim
