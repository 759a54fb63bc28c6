// Changed copies of the samples of a training set: mirrored, shifted, with fewer events.
#pragma once

#include "src/data/sample_source.hpp"
#include "src/events/choices.hpp"
#include "src/events/events.hpp"

namespace snnsim {

/// Of which sample this is which copy: what is drawn depends on that and the seed, not on what else
/// is converted.
struct CopyNumber {
    std::uint32_t sample = 0, copy = 0;
};

/// A copy of shaped events on `sensor`: mirrored left to right with probability `flip`, all of it
/// shifted by up to `shift` columns and rows either way (each as likely), and without each event
/// with probability `drop`. What it leaves out is counted, and nothing else is.
Events augmented(const Events& events, const Sensor& sensor, const EventChoices& choices,
                 CopyNumber number);

}  // namespace snnsim
