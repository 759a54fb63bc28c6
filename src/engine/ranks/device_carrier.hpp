// How what lies in the memory of each rank's device comes to the devices of all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace snnsim {

class DeviceCarrier {
  public:
    virtual ~DeviceCarrier() = default;
    /// `words` of each rank come to all, one rank's behind the other's; the same number on all
    /// ranks. Both lie on the device, which is done with all that comes before; so it is with this
    /// when the call returns.
    virtual void all_gather(const std::uint32_t* mine, std::size_t words, std::uint32_t* all) = 0;
    /// "NCCL 2.27.3"
    virtual std::string name() const = 0;
};

}  // namespace snnsim
