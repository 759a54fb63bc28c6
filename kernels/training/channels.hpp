// The order in which a population with a shape [channels, rows, columns] is computed: by place, and
// at each place by channel, so that neighbouring lanes are channels of one place and share what
// they read of a window. A population without a shape is one place whose channels are its neurons.
#pragma once

#include <cstddef>

#include "kernels/lanes.hpp"

namespace snnsim {

/// Three numberings of a population's neurons. As users count: channel * places + place. As outputs
/// are stored: place * channels + channel. As columns of panels, where each place begins with a
/// panel of its own: place * padded() + channel.
struct ChannelOrder {
    std::size_t channels = 0;
    std::size_t places = 1;

    SNN_HD std::size_t size() const { return channels * places; }
    SNN_HD std::size_t panels_of_place() const { return panels_of(channels); }
    SNN_HD std::size_t padded() const { return panels_of_place() * panel_width; }
    SNN_HD std::size_t panels() const { return places * panels_of_place(); }
    /// All three numberings are the same.
    SNN_HD bool plain() const { return places == 1; }

    SNN_HD std::size_t stored(std::size_t counted) const {
        return counted % places * channels + counted / places;
    }
    SNN_HD std::size_t column(std::size_t counted) const {
        return counted % places * padded() + counted / places;
    }
    SNN_HD std::size_t column_of_stored(std::size_t stored) const {
        return stored / channels * padded() + stored % channels;
    }
    /// Of a column; size() where it is padding.
    SNN_HD std::size_t stored_of_column(std::size_t column) const {
        const std::size_t place = column / padded(), channel = column % padded();
        return place < places && channel < channels ? place * channels + channel : size();
    }
};

}  // namespace snnsim
